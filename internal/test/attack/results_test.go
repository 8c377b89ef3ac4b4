package attack

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// A result is what an attack did to a server.
type result struct {
	held     int // the maximum growth of its resident memory, in bytes
	waits    waits
	unserved bool          // whether another client got an error, or waited in vain
	left     *held         // what remained once the attackers had gone, or nil if it is not known
	closed   time.Duration // how long Close took during another attack
	unclosed string        // why Close did not return then, or ""
	ended    string        // why the process ended before its Close, or ""
	remarks  []string
}

// held is what a process holds.
type held struct{ resident, goroutines, files int }

func (r *result) remark(format string, args ...any) {
	r.remarks = append(r.remarks, fmt.Sprintf(format, args...))
}

// report reports the figures that are known.
func (r *result) report(b *testing.B) {
	mebi := func(bytes int) float64 { return float64(bytes) / (1 << 20) }
	milli := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(0, "ns/op") // says nothing
	b.ReportMetric(mebi(r.held), "held-MiB")
	b.ReportMetric(milli(r.waits.old), "others-ms")
	b.ReportMetric(milli(r.waits.control), "unattacked-ms")
	if r.waits.new > 0 {
		b.ReportMetric(milli(r.waits.new), "newcomers-ms")
	}
	if r.left != nil {
		b.ReportMetric(mebi(r.left.resident), "left-MiB")
		b.ReportMetric(float64(r.left.goroutines), "left-goroutines")
		b.ReportMetric(float64(r.left.files), "left-files")
	}
	if r.closed > 0 {
		b.ReportMetric(milli(r.closed), "close-ms")
	}
	if r.remarks != nil {
		b.Log(strings.Join(r.remarks, "\n"))
	}
}

// results are the results by the names of the attack and of the target.
type results map[[2]string]result

// markdown returns a list of the attacks, all results as tables, and the remarks.
func (all results) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| attack | how many | what |\n|---|---|---|\n")
	for i := range attacks {
		fmt.Fprintln(&b, attacks[i].row())
	}
	all.table(&b, "Memory: by how many MiB the server's resident memory grew at most", result.heldField)
	all.table(&b, "Others: how many ms another client waited at most", result.waitsField)
	fmt.Fprintf(&b, "\nMeanwhile an echo of a server that nobody attacks took up to %s ms in half of the trials, and up to %s ms in all.\n",
		milli(all.control(0.5)), milli(all.control(1)))
	all.table(&b, "Left: how many MiB more than before are resident when the attackers have gone", result.leftField)
	all.table(&b, "Close: after how many ms the server's process had ended, during another attack", result.closeField)
	fmt.Fprintf(&b, "\n### Remarks\n\n")
	for _, at := range attacks {
		for _, tg := range targets {
			for _, remark := range all[[2]string{at.name, tg.variant}].remarks {
				fmt.Fprintf(&b, "- `%s`, %s: %s\n", at.name, tg.variant, remark)
			}
		}
	}
	fmt.Fprintf(&b, "\n%s, %s/%s, %d CPUs.\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	return b.String()
}

// row returns the attack's row in the list of attacks.
func (at *attack) row() string { return fmt.Sprintf("| %s | %d | %s |", at.name, at.n, at.about) }

// control returns a quantile of the maximum waits for the server that nobody attacks.
func (all results) control(quantile float64) time.Duration {
	var waits []time.Duration
	for _, r := range all {
		if r.waits.control > 0 {
			waits = append(waits, r.waits.control)
		}
	}
	if waits == nil {
		return 0
	}
	slices.Sort(waits)
	return waits[int(quantile*float64(len(waits)-1))]
}

// table writes a table with a row for each attack and a column for each target. A field is
// empty if the attack is not possible, and "?" if there is no result.
func (all results) table(b *strings.Builder, title string, field func(r result) string) {
	fmt.Fprintf(b, "\n### %s\n\n| attack |", title)
	for _, tg := range targets {
		fmt.Fprintf(b, " %s |", tg.variant)
	}
	fmt.Fprintf(b, "\n|---|%s\n", strings.Repeat("---|", len(targets)))
	for i := range attacks {
		at := &attacks[i]
		fmt.Fprintf(b, "| %s |", at.name)
		for j := range targets {
			text := "?"
			if r, ok := all[[2]string{at.name, targets[j].variant}]; ok {
				text = field(r)
			} else if !at.appliesTo(&targets[j]) {
				text = ""
			}
			fmt.Fprintf(b, " %s |", text)
		}
		fmt.Fprintln(b)
	}
}

func (r result) heldField() string {
	if r.ended != "" {
		return "**" + r.ended + "**"
	}
	return mebi(r.held)
}

func (r result) waitsField() string {
	switch {
	case r.ended != "":
		return "-"
	case r.unserved:
		return "**not served**"
	}
	return milli(r.waits.max())
}

func (r result) leftField() string {
	switch {
	case r.ended != "":
		return "-"
	case r.left == nil:
		return "**no reply**"
	}
	text := mebi(r.left.resident)
	if r.left.goroutines > 0 || r.left.files > 0 {
		text += fmt.Sprintf(", **%d goroutines, %d descriptors**", r.left.goroutines, r.left.files)
	}
	return text
}

func (r result) closeField() string {
	switch {
	case r.ended != "":
		return "-"
	case r.unclosed != "":
		return "**" + r.unclosed + "**"
	}
	return milli(r.closed)
}

// mebi returns a number of bytes in MiB.
func mebi(bytes int) string { return fmt.Sprint(max(0, bytes>>20)) }

// milli returns a time in ms, with at least two digits.
func milli(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000)
	}
	return fmt.Sprint(d.Milliseconds())
}

// The tables contain what the results contain, and docs/attacks.md has the list of attacks.
func TestMarkdown(t *testing.T) {
	at, served := &attacks[0], waits{old: 20 * time.Millisecond, new: 1500 * time.Microsecond, control: 7 * time.Millisecond}
	all := results{}
	for i, r := range []result{
		{held: 5 << 20, waits: served, left: &held{resident: 3 << 20}, closed: 90 * time.Millisecond},
		{ended: "died", remarks: []string{"panic: why"}},
		{unserved: true, unclosed: "no return"},
		{left: &held{goroutines: 2, files: -1}, waits: served, closed: 9 * time.Millisecond},
	} {
		all[[2]string{at.name, targets[i].variant}] = r
	}
	got := all.markdown()
	for _, want := range []string{
		"| none | 5 | **died** | 0 | 0 | ? |",
		"| none | 20 | - | **not served** | 20 | ? |",
		"| none | 3 | - | **no reply** | 0, **2 goroutines, -1 descriptors** | ? |",
		"| none | 90 | - | **no return** | 9.0 | ? |",
		"up to 7.0 ms in half of the trials, and up to 7.0 ms in all",
		"- `none`, rest: panic: why\n",
		"| bomb |  |  | ? |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the tables do not contain %q:\n%s", want, got)
		}
	}
	doc, err := os.ReadFile("../../../docs/attacks.md")
	if err != nil {
		t.Fatal(err)
	}
	for i := range attacks {
		if row := attacks[i].row(); !strings.Contains(string(doc), row) {
			t.Errorf("docs/attacks.md does not contain %q; insert what make attack writes", row)
		}
	}
}
