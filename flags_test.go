package echobench

import (
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// parsed returns the Suite that the arguments describe.
func parsed(t *testing.T, args ...string) (Suite, error) {
	t.Helper()
	set := flag.NewFlagSet("test", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	f := NewFlags(set)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	return f.Suite(Variants(named{name: "own"}, named{name: "tcp"}), echo.Variant{Name: "tcpmux", About: "one connection", Transport: named{name: "tcp"}})
}

func TestFlags(t *testing.T) {
	s, err := parsed(t)
	if err != nil || len(s.Variants) != 2 || s.Sizes != nil || s.Parallelism != nil || s.Metrics != 0 || s.Server != InProcess {
		t.Errorf("without flags: %+v, %v, want the defaults", s, err)
	}
	s, err = parsed(t, "-proto", "tcpmux,own", "-size", "64B,4KiB", "-par", "1,100", "-server", "child", "-idle", "0,10", "-link", "none;rtt=1ms,rate=1Gbit",
		"-metrics", "latency,cpu", "-pin", "client=0 server=1", "-counters", "-hgrm", "folder", "-profile", "other,heap", "-rate", "2000,50%", "-arrivals", "uniform", "-overload", "-stall", "1m")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Variants) != 2 || s.Variants[0].Name != "tcpmux" || s.Variants[1].Name != "own" {
		t.Errorf("-proto: %+v", s.Variants)
	}
	if !slices.Equal(s.Sizes, []payload.Size{64, 4096}) || !slices.Equal(s.Parallelism, []int{1, 100}) {
		t.Errorf("-size and -par: %v, %v", s.Sizes, s.Parallelism)
	}
	if !slices.Equal(s.Idle, []int{0, 10}) || !slices.Equal(s.Links, []Link{{}, {RTT: time.Millisecond, Rate: 1e9}}) {
		t.Errorf("-idle and -link: %v, %v", s.Idle, s.Links)
	}
	if !slices.Equal(s.Rates, []Rate{{PerSecond: 2000}, {Percent: 50}}) || s.Arrivals != Uniform || !s.Overload {
		t.Errorf("-rate, -arrivals and -overload: %v, %v, %v", s.Rates, s.Arrivals, s.Overload)
	}
	if s.Server != Child || s.Metrics != Latency|CPU || s.Pin.String() != "client=0 server=1" || !s.Counters || s.Histograms != "folder" || s.Profiles != (Profiles{Folder: "other", Heap: true}) || s.Stall != time.Minute {
		t.Errorf("the other flags: %+v", s)
	}
}

func TestFlagsNameTheirMistakes(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-proto http", `-proto: echobench: unknown variant "http"; the known ones are:` + "\n\town\n\ttcp\n\ttcpmux         one connection"},
		{"-size 64KB", `-size: payload: size "64KB"`},
		{"-par 1,many", `-par: strconv.Atoi: parsing "many"`},
		{"-metrics cpus", `-metrics: echobench: metrics "cpus": want latency`},
		{"-idle 1,x", `-idle: strconv.Atoi: parsing "x"`},
		{"-link none;10ms", `-link: echobench: link "10ms": unknown field "10ms"`},
		{"-pin 0", `-pin: echobench: pin "0"`},
		{"-server remote", `-server: echobench: server placement "remote"`},
		{"-rate 2000,fast", `-rate: echobench: rate "fast"`},
		{"-arrivals bursts", `-arrivals: echobench: arrivals "bursts"`},
		{"-profile ,heap", `-profile: echobench: profiles ",heap": want a folder before ,heap`},
		{"-counters true -size 64B", `unexpected arguments ["true" "-size" "64B"]`},
	} {
		if _, err := parsed(t, strings.Fields(c.args)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.args, err, c.want)
		}
	}
}
