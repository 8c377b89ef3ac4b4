package echobench

import (
	"fmt"
	"time"
)

// progress prints how far a run is, between cells and as a comment: within a
// cell, the line that testing has begun would break.
type progress struct {
	start              time.Time
	total, passed, ran int
}

// cell counts one cell, whose load is said too, and which -bench may have filtered out. How many of the
// rest it will let through isn't known, so the time left is an upper bound.
func (p *progress) cell(ran bool, load string) {
	p.passed++
	if !ran {
		return
	}
	p.ran++
	gone := time.Since(p.start)
	left := gone / time.Duration(p.ran) * time.Duration(p.total-p.passed)
	fmt.Printf("# cell %d of %d done, %v gone, at most about %v left%s\n",
		p.passed, p.total, gone.Round(time.Second), left.Round(time.Second), load)
}
