package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/fault"
)

// kinds are the kinds of errors that are counted. The first that matches counts.
var kinds = [...]struct {
	name string
	errs []error
}{
	{"deadline", []error{context.DeadlineExceeded}},
	{"cancelled", []error{context.Canceled}},
	{"closed", []error{net.ErrClosed}},
	{"refused", []error{echo.ErrRefused, syscall.ECONNREFUSED}},
	{"reset", []error{syscall.ECONNRESET, syscall.EPIPE}},
	{"ended", []error{io.ErrUnexpectedEOF, io.EOF}},
	{"other", nil},
}

// outcomes counts how calls ended.
type outcomes struct {
	right  atomic.Int64
	errors [len(kinds)]atomic.Int64

	once    sync.Once
	example error // of the other errors; set once
}

// add counts a call that ended with err.
func (o *outcomes) add(err error) {
	if err == nil {
		o.right.Add(1)
		return
	}
	for i, k := range kinds {
		for _, target := range k.errs {
			if errors.Is(err, target) {
				o.errors[i].Add(1)
				return
			}
		}
	}
	o.errors[len(kinds)-1].Add(1)
	o.once.Do(func() { o.example = err })
}

// total returns the number of calls.
func (o *outcomes) total() int64 {
	n := o.right.Load()
	for i := range o.errors {
		n += o.errors[i].Load()
	}
	return n
}

// A maximum is the longest of several durations.
type maximum struct{ atomic.Int64 }

// raise includes d.
func (m *maximum) raise(d time.Duration) {
	for old := m.Load(); int64(d) > old && !m.CompareAndSwap(old, int64(d)); old = m.Load() {
	}
}

func (m *maximum) String() string {
	return time.Duration(m.Load()).Round(time.Millisecond).String()
}

// counts are what happened to one variant.
type counts struct {
	calls, dials outcomes
	late         maximum // after the end of the context
	closing      maximum // Close of a client
	direct       maximum // an echo by the direct client
	recovered    maximum // from the end of the faults until new clients had a reply
}

// report returns a table of all counts, and what was held at the rests.
func (r *run) report() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, %v of faults in %d phases, %d callers of each variant\n\n", r.Seed, r.Length, max(1, r.Phases), r.Callers)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "variant\tcalls\tright\t")
	for _, k := range kinds {
		fmt.Fprint(w, k.name, "\t")
	}
	fmt.Fprint(w, "dials\tfailed\tconnections\t")
	for k := range fault.Kinds {
		fmt.Fprint(w, k, "\t")
	}
	fmt.Fprint(w, "latest\tclosing\tdirect\tnew\t\n")
	for _, t := range r.targets {
		t.row(w)
	}
	w.Flush()
	b.WriteString("\nlatest: the longest time from the end of a context until its Echo or Dial returned\nclosing: the longest Close of a client\ndirect: the longest echo of a client that did not use the proxy\nnew: the longest time from the end of the faults until new clients had their replies\n\n")
	fmt.Fprintf(&b, "timers were up to %v late\n", r.lag.max().Round(time.Millisecond))
	for i, h := range r.rests {
		fmt.Fprintf(&b, "rest %d: %d goroutines, %d descriptors, %.1f MB live, %.1f MB resident\n", i+1, h.goroutines, h.files, float64(h.live)/1e6, float64(h.resident)/1e6)
	}
	for _, t := range r.targets {
		for what, o := range map[string]*outcomes{"Echo": &t.counts.calls, "Dial": &t.counts.dials} {
			if o.example != nil {
				fmt.Fprintf(&b, "another error of %s's %s, for example: %v\n", t.variant.Name, what, o.example)
			}
		}
	}
	return b.String()
}

// row writes the target's row of the table.
func (t *target) row(w io.Writer) {
	c := &t.counts
	fmt.Fprintf(w, "%s\t%d\t%d\t", t.variant.Name, c.calls.total(), c.calls.right.Load())
	for i := range c.calls.errors {
		fmt.Fprintf(w, "%d\t", c.calls.errors[i].Load())
	}
	if t.proxy == nil {
		fmt.Fprintln(w)
		return
	}
	fmt.Fprintf(w, "%d\t%d\t%d\t", c.dials.total(), c.dials.total()-c.dials.right.Load(), t.proxy.Conns())
	for k := range fault.Kinds {
		fmt.Fprintf(w, "%d\t", t.proxy.Made(k))
	}
	fmt.Fprintf(w, "%v\t%v\t%v\t%v\t\n", &c.late, &c.closing, &c.direct, &c.recovered)
}
