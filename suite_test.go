package echobench

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// named is a Transport for the checks that come before any Listen.
type named struct {
	echo.Transport
	name string
	max  payload.Size
}

func (t named) Name() string                  { return t.name }
func (t named) Describe(int) echo.Description { return echo.Description{MaxSize: t.max} }

// batching returns a variant that sends batches or keeps requests in flight.
func batching(batch, depth int) []echo.Variant {
	return []echo.Variant{{Name: "one", Transport: named{name: "one"}, Batch: batch, Depth: depth}}
}

func TestSuiteCheck(t *testing.T) {
	one := []echo.Transport{named{name: "one"}}
	for _, c := range []struct {
		name  string
		suite Suite
		want  string // in the error; empty for none
	}{
		{"default grid", Suite{Transports: one}, ""},
		{"no transport", Suite{}, "has no cell"},
		{"no size", Suite{Transports: one, Sizes: []payload.Size{}}, "has no cell"},
		{"nil transport", Suite{Transports: []echo.Transport{nil}}, "transport 0 is nil"},
		{"bad name", Suite{Transports: []echo.Transport{named{name: "my-tcp"}}}, `"my-tcp": want lower-case letters and digits`},
		{"same name", Suite{Transports: []echo.Transport{one[0], one[0]}}, `duplicate variant name "one"`},
		{"size 0", Suite{Transports: one, Sizes: []payload.Size{64, 0}}, "size 0: want 1 byte or more"},
		{"size -1", Suite{Transports: one, Sizes: []payload.Size{-1}}, "size -1: want 1 byte or more"},
		{"size over limit", Suite{Transports: []echo.Transport{named{name: "small", max: 1024}}}, "size 4KiB: small carries 1B to 1KiB"},
		{"par 0", Suite{Transports: one, Parallelism: []int{1, 0}}, "parallelism 0: want 1 or more"},
		{"par -5", Suite{Transports: one, Parallelism: []int{-5}}, "parallelism -5: want 1 or more"},
		{"size twice", Suite{Transports: one, Sizes: []payload.Size{1024, 64, 1 << 10}}, "duplicate size 1KiB"},
		{"par twice", Suite{Transports: one, Parallelism: []int{4, 4}}, "duplicate parallelism 4"},
		{"idle twice", Suite{Transports: one, Idle: []int{2, 0, 2}}, "duplicate number of idle clients 2"},
		{"link twice", Suite{Transports: one, Links: []Link{{RTT: time.Millisecond}, {RTT: 1000 * time.Microsecond}}}, "duplicate link rtt=1ms"},
		{"batch and depth", Suite{Variants: batching(2, 2)}, "batch 2 and depth 2: want one of them"},
		{"batch -1", Suite{Variants: batching(-1, 0)}, "one: batch -1 and depth 0"},
		{"profiles", Suite{Transports: one, Profiles: Profiles{Folder: "folder", Heap: true}}, ""},
		{"heap profiles without a folder", Suite{Transports: one, Profiles: Profiles{Heap: true}}, "heap profiles without a folder"},
		{"rates", Suite{Transports: one, Rates: []Rate{{PerSecond: 2000}, {Percent: 50}}, Arrivals: Uniform}, ""},
		{"rate 0", Suite{Transports: one, Rates: []Rate{{}}}, "rate of 0 requests a second and 0% of capacity: want one of them"},
		{"rate twice", Suite{Transports: one, Rates: []Rate{{Percent: 50}, {Percent: 50}}}, "duplicate rate 50%"},
		{"rate beyond capacity", Suite{Transports: one, Rates: []Rate{{Percent: 150}}}, "rate 150%: a system cannot keep up at its capacity: want less than 100%, or Overload"},
		{"rate beyond capacity with overload", Suite{Transports: one, Rates: []Rate{{Percent: 150}}, Overload: true}, ""},
		{"rate with batches", Suite{Variants: batching(2, 0), Rates: []Rate{{Percent: 50}}}, "one: batch 2 and depth 0 with a rate"},
		{"rate with a pipeline", Suite{Variants: batching(0, 2), Rates: []Rate{{Percent: 50}}}, "one: batch 0 and depth 2 with a rate"},
		{"arrivals", Suite{Transports: one, Rates: []Rate{{Percent: 50}}, Arrivals: 7}, "arrivals 7: want [poisson uniform]"},
		{"arrivals of a closed loop", Suite{Transports: one, Arrivals: Uniform}, "uniform arrivals without a rate"},
		{"overload of a closed loop", Suite{Transports: one, Overload: true}, "overload true and poisson arrivals without a rate"},
		{"metrics", Suite{Transports: one, Metrics: 1 << 20}, "metrics 0x100000"},
		{"pin", Suite{Transports: one, Pin: Pinning{Client: []int{0}}}, "both ends are in one process"},
		{"placement", Suite{Transports: one, Server: 7}, "server placement 7: want [inproc child]"},
		{"stall", Suite{Transports: one, Stall: -1}, "stall -1ns"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.suite.setDefaults()
			err := c.suite.check(c.suite.variants())
			switch {
			case c.want == "" && err != nil:
				t.Errorf("check: %v, want no error", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("check: %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestDefaultGridHas25CellsATransport(t *testing.T) {
	var s Suite
	s.setDefaults()
	if n := len(s.Sizes) * len(s.Parallelism); n != 25 {
		t.Errorf("%d cells a transport, want 25", n)
	}
}

func TestSelect(t *testing.T) {
	all := Variants(named{name: "a"}, named{name: "b"}, named{name: "c"})
	got, err := Select(all, "c", "a")
	if err != nil || len(got) != 2 || got[0].Name != "c" || got[1].Name != "a" {
		t.Errorf("Select(c, a) = %v, %v", got, err)
	}
	_, err = Select(all, "a", "x", "y")
	if want := `unknown variant "x", "y"; the known ones are:
	a`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Select(a, x, y): %v, want %q", err, want)
	}
}

func TestParsePlacement(t *testing.T) {
	for _, p := range []Placement{InProcess, Child} {
		if got, err := parseText[Placement](p.String()); err != nil || got != p {
			t.Errorf("parseText(%q) = %v, %v", p.String(), got, err)
		}
	}
	if _, err := parseText[Placement]("remote"); err == nil || !strings.Contains(err.Error(), `"remote": want one of [inproc child]`) {
		t.Errorf(`parseText[Placement]("remote"): %v`, err)
	}
}

// TestCellsRunByProtocolLast: the variants of one cell follow each other.
func TestCellsRunByProtocolLast(t *testing.T) {
	s := Suite{Variants: Variants(named{name: "a"}, named{name: "b"}), Sizes: []payload.Size{64, 256}, Parallelism: []int{1, 10}, Idle: []int{0, 5}}
	var names []string
	for _, c := range s.cells(s.variants(), cell{}) {
		names = append(names, c.name())
	}
	want := []string{"proto=a/size=64B/par=1/idle=0", "proto=b/size=64B/par=1/idle=0", "proto=a/size=64B/par=1/idle=5", "proto=b/size=64B/par=1/idle=5", "proto=a/size=64B/par=10/idle=0"}
	if len(names) != 16 || !slices.Equal(names[:5], want) {
		t.Errorf("%d cells, the first %q, want 16 and %q", len(names), names[:5], want)
	}
}
