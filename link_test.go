package echobench

import (
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/sample"
	"github.com/echobench/echobench/tcp"
)

func TestParseLink(t *testing.T) {
	for text, want := range map[string]Link{
		"none":                            {},
		"rtt=10ms":                        {RTT: 10 * time.Millisecond},
		"rtt=1ms,rate=100Mbit":            {RTT: time.Millisecond, Rate: 100e6},
		"rtt=1ms,rate=1Gbit,queue=128KiB": {RTT: time.Millisecond, Rate: 1e9, Queue: 128 << 10},
	} {
		got, err := parseText[Link](text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("parseText(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	if _, err := parseText[Link]("rtt=fast"); err == nil || !strings.Contains(err.Error(), `link "rtt=fast"`) {
		t.Errorf("ParseLink(rtt=fast): %v", err)
	}
}

func TestNameOfALink(t *testing.T) {
	c := cell{Config: sample.Config{Variant: Variants(new(tcp.Transport))[0], Size: 64, Workers: 2}}
	if got, want := c.withLinks([]Link{{RTT: 30 * time.Millisecond}})[0].name(), "proto=tcp/size=64B/par=2/link=rtt=30ms"; got != want {
		t.Errorf("the cell's name is %s, want %s", got, want)
	}
}
