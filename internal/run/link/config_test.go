package link

import (
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		text string
		want Config
	}{
		{"rtt=10ms", Config{RTT: 10 * time.Millisecond}},
		{"rtt=1ms,rate=100Mbit", Config{RTT: time.Millisecond, Rate: 100e6}},
		{"rtt=1ms,rate=1Gbit", Config{RTT: time.Millisecond, Rate: 1e9}},
		{"rtt=1.5s,rate=64kbit,queue=4KiB", Config{RTT: 1500 * time.Millisecond, Rate: 64e3, Queue: 4 << 10}},
	} {
		got, err := Parse(test.text)
		if err != nil || got != test.want {
			t.Errorf("Parse(%q) = %+v, %v, want %+v", test.text, got, err, test.want)
		}
		if got.String() != test.text {
			t.Errorf("String() = %q, want %q", got.String(), test.text)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                              `unknown field ""`,
		"10ms":                          `unknown field "10ms"`,
		"rtt=10":                        "missing unit",
		"rtt=0ms":                       "more than 0",
		"rtt=-1ms":                      "more than 0",
		"rtt=2m":                        "at most 1m0s",
		"rate=1Mbit":                    "more than 0",
		"rtt=1ms,rate=1":                "whole number of kbit, Mbit or Gbit",
		"rtt=1ms,rate=-1Mbit":           "whole number of kbit, Mbit or Gbit",
		"rtt=1ms,rate=NaNMbit":          "whole number of kbit, Mbit or Gbit",
		"rtt=1ms,rate=9e9Gbit":          "whole number of kbit, Mbit or Gbit",
		"rtt=1ms,rtt=2ms":               "given twice",
		"rtt=1ms,queue=4KiB":            "a queue needs a rate",
		"rtt=1ms,loss=1%":               `unknown field "loss"`,
		"rtt=1ms,rate=1Mbit,queue=1KiB": "1500 bytes at least",
	} {
		if got, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %+v, want an error", text, got)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v, want an error about %q", text, err, want)
		}
	}
}
