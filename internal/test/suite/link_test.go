package suite_test

import (
	"strings"
	"testing"
)

func TestLinkDelaysEchoes(t *testing.T) {
	out, ok := runFixture(t, "-proto=tcp", "-link=rtt=30ms", "-alone", "-test.benchtime=10x")
	if !ok {
		t.Fatal(out)
	}
	if mean, _ := unitValue(t, out, "proto=tcp/size=64B/par=2/link=rtt=30ms", "mean-ns"); mean < 0.95*30e6 {
		t.Errorf("an echo took %v ns, want 30 ms or more:\n%s", mean, out)
	}
}

func TestLinkNeedsTCP(t *testing.T) {
	out, ok := runFixture(t, "-proto=nop", "-link=rtt=10ms", "-alone")
	if ok || !strings.Contains(out, "a link needs a transport over TCP") {
		t.Errorf("a link for a transport without TCP (exit 0: %v):\n%s", ok, out)
	}
}
