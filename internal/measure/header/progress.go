package header

import (
	"fmt"
	"strings"
	"time"

	"github.com/echobench/echobench/internal/measure/usage"
)

// Progress prints how far a run is. It prints between cells only: within a cell
// it would break the result line that package testing has begun.
type Progress struct {
	start              time.Time
	total, passed, ran int
}

// NewProgress returns the Progress of a run with the given number of cells.
func NewProgress(cells int) *Progress { return &Progress{start: time.Now(), total: cells} }

// Done records that a cell has finished and prints the progress line, with a
// remark if there is one. ran is false if -bench filtered the cell out. Because
// it is not known how many of the remaining cells -bench will let run, the time
// left is an upper bound.
func (p *Progress) Done(ran bool, remark string) {
	p.passed++
	if !ran || off() {
		return
	}
	p.ran++
	elapsed := time.Since(p.start)
	left := elapsed / time.Duration(p.ran) * time.Duration(p.total-p.passed)
	if remark != "" {
		remark = "; " + remark
	}
	fmt.Printf("# cell %d of %d done, %v elapsed, at most about %v left%s\n",
		p.passed, p.total, elapsed.Round(time.Second), left.Round(time.Second), remark)
}

// minShare is the share of the machine from which PrintOthers reports what
// other processes used.
const minShare = 0.03

// PrintOthers reports the share of the machine's processors that other processes
// used during a cell, if it is more than a few percent.
func PrintOthers(share float64) {
	if share > minShare && !off() {
		fmt.Printf("# other processes used %.0f%% of the machine's processors during this cell\n", 100*share)
	}
}

// PrintQuota reports how often the control group of this process had used up its CPU
// quota during a cell, if it ever had.
func PrintQuota(q usage.Quota) {
	if q.Throttled > 0 && !off() {
		fmt.Printf("# the CPU quota of %.3g throttled this process's control group in %d of %d periods during this cell\n", q.CPUs, q.Throttled, q.Periods)
	}
}

// PrintRemarks prints remarks on a cell's results, each on a line of its own.
func PrintRemarks(remarks ...string) {
	for _, remark := range remarks {
		if !off() {
			fmt.Printf("# %s\n", strings.ReplaceAll(remark, "\n", "; "))
		}
	}
}
