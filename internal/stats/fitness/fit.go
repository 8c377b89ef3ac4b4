package fitness

import (
	"fmt"
	"strings"
	"time"
)

// The limits beyond which a machine is not fit. Each is several times what a virtual
// machine with 2 processors shows while it runs nothing else, so that a machine
// beyond a limit does have a neighbour, another load or a power-saving mode. A
// comparison in pairs copes with smaller disturbances.
const (
	maxLate            = time.Millisecond // of Late.P99
	maxSpread          = 6                // of RoundTrip.P99 divided by RoundTrip.P50
	maxStolen          = 0.02             // of Stolen
	maxStolenSinceBoot = 0.05             // of StolenSinceBoot
	maxOthers          = 0.10             // of Others

	// governor is the frequency governor that does not let the frequency depend on
	// the load.
	governor = "performance"
)

// Fit returns whether the machine is quiet enough for benchmarks. If it is not, each
// reason is a sentence with the figure, the limit, and what would help.
func (r Report) Fit() (ok bool, reasons []string) {
	add := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	if r.Late.P99 > maxLate {
		add("1%% of the sleeps of 1 ms end more than %v late (limit %v): stop other processes, or use a machine with fewer neighbours",
			rounded(r.Late.P99), maxLate)
	}
	if spread := r.spread(); spread > maxSpread {
		add("the 99th percentile of a loopback round trip is %.1f times the median (limit %d): pin the benchmark to processors that nothing else uses, or use a machine with fewer neighbours",
			spread, maxSpread)
	}
	if r.Stolen.Value > maxStolen {
		add("the hypervisor took %s of the processor time away during the check (limit %s): use a machine with fewer neighbours or with dedicated processors",
			percent(r.Stolen.Value), percent(maxStolen))
	}
	if r.StolenSinceBoot.Value > maxStolenSinceBoot {
		add("the hypervisor has taken %s of the processor time away since boot (limit %s): use a machine with fewer neighbours or with dedicated processors",
			percent(r.StolenSinceBoot.Value), percent(maxStolenSinceBoot))
	}
	if r.Others.Value > maxOthers {
		add("other processes use %s of the processors (limit %s): stop them, or pin them and the benchmark to different processors",
			percent(r.Others.Value), percent(maxOthers))
	}
	for _, name := range r.Governors {
		if name != governor {
			add("the frequency governor is %s, so that the frequency depends on the load: choose %s (cpupower frequency-set -g %s)", name, governor, governor)
		}
	}
	return len(reasons) == 0, reasons
}

// spread returns the 99th percentile of the round trips as a multiple of the median,
// or 0 if they were not measured.
func (r Report) spread() float64 {
	if r.RoundTrip.P50 <= 0 {
		return 0
	}
	return float64(r.RoundTrip.P99) / float64(r.RoundTrip.P50)
}

// String returns the report as comment lines of the benchmark format, each of which
// begins with "# " and ends with a line break. The last ones say whether the machine
// is fit.
func (r Report) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "# processors: %d", r.CPUs)
	if len(r.Governors) > 0 {
		fmt.Fprintf(&s, ", frequency governor %s", strings.Join(r.Governors, " and "))
	}
	s.WriteString("\n")
	if r.Late != (Quantiles{}) {
		fmt.Fprintf(&s, "# sleeps of 1 ms end late by: p50 %v, p99 %v\n", rounded(r.Late.P50), rounded(r.Late.P99))
	}
	if r.RoundTrip != (Quantiles{}) {
		fmt.Fprintf(&s, "# loopback round trip: p50 %v, p99 %v (%.1f times p50)\n", rounded(r.RoundTrip.P50), rounded(r.RoundTrip.P99), r.spread())
	}
	if shares := r.shares(); len(shares) > 0 {
		fmt.Fprintf(&s, "# processor time: %s\n", strings.Join(shares, ", "))
	}
	ok, reasons := r.Fit()
	if ok {
		s.WriteString("# fit for benchmarks: yes\n")
	}
	for _, reason := range reasons {
		fmt.Fprintf(&s, "# not fit for benchmarks: %s\n", reason)
	}
	return s.String()
}

// shares describes the shares that are known.
func (r Report) shares() (known []string) {
	for _, c := range []struct {
		Share
		text string
	}{
		{r.Stolen, "stolen during the check"},
		{r.StolenSinceBoot, "stolen since boot"},
		{r.Others, "used by other processes"},
	} {
		if c.Known {
			known = append(known, percent(c.Value)+" "+c.text)
		}
	}
	return known
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// rounded returns d with two or three digits.
func rounded(d time.Duration) time.Duration {
	for unit := time.Duration(1); ; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit)
		}
	}
}
