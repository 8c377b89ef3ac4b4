package suite_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// unitValue returns a unit's value in the fixture's line for a cell, or false if the
// line does not have it.
func unitValue(t *testing.T, out, cell, unit string) (value float64, ok bool) {
	t.Helper()
	line := regexp.MustCompile(`(?m)^BenchmarkFixture/` + regexp.QuoteMeta(cell) + `(-\d+)?\s.*$`).FindString(out)
	if line == "" {
		t.Fatalf("no result of %s in:\n%s", cell, out)
	}
	fields := strings.Fields(line)
	for i, field := range fields {
		if field == unit {
			value, err := strconv.ParseFloat(fields[i-1], 64)
			if err != nil {
				t.Fatal(err)
			}
			return value, true
		}
	}
	return 0, false
}

func TestIdleClients(t *testing.T) {
	for _, server := range []string{"inproc", "child"} {
		t.Run(server, func(t *testing.T) {
			out, ok := runFixture(t, "-idle=0,200", "-server="+server, "-alone")
			if !ok {
				t.Fatal(out)
			}
			const silent, alone = "proto=ok/size=64B/par=2/idle=200", "proto=ok/size=64B/par=2/idle=0"
			if n, ok := unitValue(t, out, silent, "dials/s"); !ok || n <= 0 {
				t.Errorf("%v dials/s (present: %t), want a rate:\n%s", n, ok, out)
			}
			for _, unit := range []string{"dials/s", "conn-B"} {
				if n, ok := unitValue(t, out, alone, unit); ok {
					t.Errorf("%v %s without idle clients, want none", n, unit)
				}
			}
			unit := "conn-goroutines"
			if server == "child" {
				unit = "srv-conn-goroutines"
			}
			// The fixture's server has a goroutine for each connection, its clients have none.
			if n, ok := unitValue(t, out, silent, unit); !ok || n != 1 {
				t.Errorf("%v %s (present: %t), want 1:\n%s", n, unit, ok, out)
			}
		})
	}
}

// TestIdleClientsMemory uses connections whose server's end holds a known amount.
func TestIdleClientsMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self/smaps_rollup"); err != nil {
		t.Skip("needs /proc/self/smaps_rollup")
	}
	const held = 64 << 10
	for server, unit := range map[string]string{"inproc": "conn-B", "child": "srv-conn-B"} {
		out, ok := runFixture(t, "-proto=idle,holds", "-idle=200", "-server="+server, "-alone")
		if !ok {
			t.Fatal(out)
		}
		without, _ := unitValue(t, out, "proto=idle/size=64B/par=2/idle=200", unit)
		with, _ := unitValue(t, out, "proto=holds/size=64B/par=2/idle=200", unit)
		if more := with - without; more < held*0.8 || more > held*1.2 {
			t.Errorf("%s: a server that holds %d bytes for each connection shows %v more %s:\n%s", server, held, more, unit, out)
		}
	}
}

func TestIdleErrors(t *testing.T) {
	for flag, want := range map[string]string{
		"-idle=-1":         "idle clients -1: want 0 or more",
		"-idle=1000000000": " idle clients: raise it (ulimit -n) or use fewer connections",
		"-idle=many":       `-idle: strconv.Atoi: parsing "many"`,
	} {
		out, ok := runFixture(t, flag, "-alone")
		if ok || !strings.Contains(out, want) {
			t.Errorf("%s (exit 0: %t), want %q in:\n%s", flag, ok, want, out)
		}
	}
	out, ok := runFixture(t, "-proto=fails", "-idle=600", "-alone")
	if want := "idle client "; ok || !strings.Contains(out, want) {
		t.Errorf("a client that fails its first call (exit 0: %t), want %q in:\n%s", ok, want, out)
	}
}

func TestLinkDelaysEchoes(t *testing.T) {
	out, ok := runFixture(t, "-proto=tcp", "-link=rtt=30ms", "-alone", "-test.benchtime=10x")
	if !ok {
		t.Fatal(out)
	}
	if mean, _ := unitValue(t, out, "proto=tcp/size=64B/par=2/link=rtt=30ms", "mean-ns"); mean < 0.95*30e6 {
		t.Errorf("an echo took %v ns, want 30 ms or more:\n%s", mean, out)
	}
}

// A link that takes longer than -stall is not a stall.
func TestStallFollowsTheLink(t *testing.T) {
	out, ok := runFixture(t, "-proto=tcp", "-link=rtt=150ms", "-stall=100ms", "-par=64", "-alone", "-test.benchtime=1x")
	if !ok {
		t.Error(out)
	}
}

func TestLinkNeedsTCP(t *testing.T) {
	out, ok := runFixture(t, "-proto=nop", "-link=rtt=10ms", "-alone")
	if ok || !strings.Contains(out, "a link needs a transport over TCP") {
		t.Errorf("a link for a transport without TCP (exit 0: %v):\n%s", ok, out)
	}
}
