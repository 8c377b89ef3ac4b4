package echobench

import (
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/tcp"
)

func TestParseLink(t *testing.T) {
	for text, want := range map[string]Link{
		"none":                            {},
		"rtt=10ms":                        {RTT: 10 * time.Millisecond},
		"rtt=1ms,rate=100Mbit":            {RTT: time.Millisecond, Rate: 100e6},
		"rtt=1ms,rate=1Gbit,queue=128KiB": {RTT: time.Millisecond, Rate: 1e9, Queue: 128 << 10},
	} {
		got, err := ParseLink(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("ParseLink(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	if _, err := ParseLink("rtt=fast"); err == nil || !strings.Contains(err.Error(), `link "rtt=fast"`) {
		t.Errorf("ParseLink(rtt=fast): %v", err)
	}
}

func TestNameOfALink(t *testing.T) {
	c := linkCell(new(tcp.Transport), Link{RTT: 30 * time.Millisecond})
	if got, want := c.name(), "proto=tcp/size=64B/par=2/link=rtt=30ms"; got != want {
		t.Errorf("the cell's name is %s, want %s", got, want)
	}
}

// linkCell returns a cell of two workers over a link.
func linkCell(tr echo.Transport, l Link) cell {
	c := cell{variant: echo.Variant{Name: tr.Name(), Transport: tr}, size: 64, workers: 2, stall: 10 * time.Second}
	return c.withLinks([]Link{l})[0]
}
