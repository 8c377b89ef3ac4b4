package attack

import (
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/echobench/echobench/internal/child"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/internal/fdlimit"
	"github.com/echobench/echobench/internal/testkit"
)

// attacks are the rows of the table.
var attacks = []attack{
	{name: "announce", n: 100, each: 384 << 10, begin: announce, spares: needsRequests},
	{name: "silent", n: 400, each: 128 << 10, begin: silence, spares: everything},
	{name: "half", n: 100, each: 384 << 10, begin: half, spares: everything},
	{name: "trickle", n: 100, each: 384 << 10, begin: trickle, spares: needsRequests},
	{name: "garbage", n: 100, each: 256 << 10, begin: garbage, spares: everything},
	{name: "endless", n: 4, each: 256 << 10, begin: endless, spares: needsHeaders},
	{name: "storm", n: 2000, each: 8 << 10, begin: storm, spares: everything},
	{name: "unread64B", n: 1, begin: unread(64, unreadMost/20), spares: everything},
	{name: "unread4MiB", n: 1, begin: unread(largest-64, unreadMost), spares: everything},
	{name: "bomb", n: 1, each: 160 << 20, begin: bomb, spares: needsCompression},
	{name: "pings", n: 100_000, single: true, begin: pings, spares: needsHTTP2},
	{name: "rapidreset", n: 5000, single: true, begin: rapidReset, spares: needsHTTP2},
	{name: "headers", n: 40_000, single: true, begin: bareHeaders, spares: needsHTTP2},
	{name: "files", n: 2 * fileLimit, each: 128 << 10, begin: exhaust, spares: needsLimit, limit: fileLimit},
}

// promised returns what a target promises under an attack that is made n times.
func (at *attack) promised(tg *target, n int) promise {
	held := n * at.each
	switch {
	case at.single:
		held = tg.holds << 20
	case at.each == 0:
		held = n * tg.holds << 20
	}
	p := promiseOf(held)
	p.resident += tg.garbage << 20
	return p
}

// TestAttack attacks the server of each target in each way. With -v, it prints a table.
func TestAttack(t *testing.T) {
	// Several attacks run at the same time.
	need := fdlimit.Need{Who: "the attacks need", Files: times(500, *scale) * together}
	if err := need.Check(); err != nil {
		t.Fatal(err)
	}
	control, err := child.Start(child.Order{Benchmark: serve, Variant: "tcp"})
	if err != nil {
		t.Fatal(err)
	}
	defer control.Close()
	rows := make([]string, len(attacks)*len(targets))
	t.Run("table", func(t *testing.T) {
		for i := range attacks {
			for j := range targets {
				at, tg, row := &attacks[i], &targets[j], &rows[i*len(targets)+j]
				t.Run(at.name+"/"+tg.variant, func(t *testing.T) {
					t.Parallel()
					*row = cell(t, at, tg, control.Addr())
				})
			}
		}
	})
	t.Log("\n" + table(rows))
}

// cell tries one attack on one target, fails t if the target breaks its promise, and
// returns a row of the table.
func cell(t *testing.T, at *attack, tg *target, control string) (row string) {
	reason := at.spares(tg)
	if err := contract.Describe(transports()[tg.variant], 1).Unavailable; err != nil {
		reason = err.Error()
	}
	if reason != "" {
		return fmt.Sprintf("%s\t%s\t-\t-\t-\t-\t-\t-\t-\t%s", at.name, tg.variant, reason)
	}
	n := times(at.n, *scale)
	p := at.promised(tg, n)
	f := (&trial{at, tg, n, control, testkit.Hang}).run(t)
	for tries := 1; tries < attempts && f.isOnlySlow(p); tries++ {
		f = (&trial{at, tg, n, control, testkit.Hang}).run(t)
	}
	complaints := f.broken(p)
	for _, c := range complaints {
		t.Error(c)
	}
	return fmt.Sprintf("%s\t%s\t%d\t%s\t%s\t%d\t%d\t%d\t%d\t%s", at.name, tg.variant, n, resident(f.during.peak), resident(f.left), f.during.heap>>20,
		max(f.waits.old, f.waits.new).Milliseconds(), f.waits.control.Milliseconds(), f.closed.Milliseconds(), strings.Join(complaints, "; "))
}

// resident returns an amount of resident memory in MiB, or "-" if it is not known or
// says nothing.
func resident(bytes int) string {
	if bytes == 0 || !judgesResident() {
		return "-"
	}
	return fmt.Sprint(bytes >> 20)
}

// table aligns rows whose columns are separated by tabs.
func table(rows []string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "attack\tserver\tn\tpeak RSS, MiB\tRSS after\theap, MiB\tothers, ms\tunattacked, ms\tClose, ms\tremarks")
	for _, row := range rows {
		if row != "" { // -run may have left it out
			fmt.Fprintln(w, row)
		}
	}
	w.Flush()
	return b.String()
}
