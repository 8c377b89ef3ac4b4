package echobench

import (
	"strings"
	"testing"
)

func TestMetricsText(t *testing.T) {
	for text, want := range map[string]Metrics{"latency": Latency, "kernel": Kernel, "latency,cpu": Latency | CPU, "all": AllMetrics} {
		if got, err := parseText[Metrics](text); err != nil || got != want {
			t.Errorf("parseText(%q) = %v, %v", text, got, err)
		}
	}
	if _, err := parseText[Metrics]("latency,cpus"); err == nil || !strings.Contains(err.Error(), `"cpus": want latency, cpu, kernel, runtime, legs, all`) {
		t.Errorf("parseText(latency,cpus): %v", err)
	}
}
