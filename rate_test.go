package echobench

import (
	"math"
	"strings"
	"testing"
)

func TestParseRate(t *testing.T) {
	for s, want := range map[string]Rate{
		"2000": {PerSecond: 2000}, "0.5": {PerSecond: 0.5}, "50%": {Percent: 50}, "99.5%": {Percent: 99.5}, "150%": {Percent: 150}, "100000000": {PerSecond: 1e8},
	} {
		if got, err := parseText[Rate](s); err != nil || got != want || got.String() != s {
			t.Errorf("parseText(%q) = %v, %v, want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "0", "0%", "-1", "-5%", "NaN", "NaN%", "Inf", "%", "fast", "2k", "100000001"} {
		if got, err := parseText[Rate](s); err == nil || got != (Rate{}) || !strings.Contains(err.Error(), `rate "`+s+`": want requests a second, such as 2000, `) {
			t.Errorf("parseText(%q) = %v, %v", s, got, err)
		}
	}
}

func TestRateCheck(t *testing.T) {
	for _, r := range []Rate{{}, {PerSecond: 1, Percent: 1}, {PerSecond: -1}, {PerSecond: -1, Percent: 2}, {Percent: math.NaN()}, {PerSecond: math.Inf(1)}, {PerSecond: 2e8}} {
		if r.check() == nil {
			t.Errorf("rate %+v: no error", r)
		}
	}
}

func TestParseArrivals(t *testing.T) {
	for _, a := range []Arrivals{Poisson, Uniform} {
		if got, err := parseText[Arrivals](a.String()); err != nil || got != a {
			t.Errorf("parseText(%q) = %v, %v", a, got, err)
		}
	}
	if _, err := parseText[Arrivals]("bursts"); err == nil || !strings.Contains(err.Error(), `echobench: arrivals "bursts": want one of`) {
		t.Error(err)
	}
}
