package echobench

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// A cell is one transport at one size and one number of workers.
type cell struct {
	suite     *Suite
	benchmark string // the name of the benchmark that holds the cell
	variant   echo.Variant
	size      payload.Size
	workers   int

	load      string                  // who was busy in the last sample
	latencies *hdrhistogram.Histogram // of all samples
}

func (c *cell) String() string {
	name := fmt.Sprintf("proto=%s/size=%v/par=%d", c.variant.Name, c.size, c.workers)
	switch {
	case c.variant.Batch > 0:
		name += fmt.Sprintf("/batch=%d", c.variant.Batch)
	case c.variant.Depth > 0:
		name += fmt.Sprintf("/depth=%d", c.variant.Depth)
	}
	return name
}

// bench runs the cell as a sub-benchmark and says whether -bench let it run.
//
// testing calls the leaf with b.N = 1 and then with ever larger ones, and -count
// repeats that climb. One climb is a sample, with a server and clients of its
// own: samples that shared them would share their luck, and benchstat would
// call the same code different.
func (c *cell) bench(b *testing.B) (ran bool) {
	var s *sample
	b.Run(c.String(), func(b *testing.B) {
		ran = true
		defer procs(c.suite.Pin.Client)() // testing sets its own, and wants it back
		// With -cpu, testing makes the first call before it sets GOMAXPROCS.
		if b.N == 1 || s != nil && s.procs != runtime.GOMAXPROCS(0) {
			if err := c.end(s); err != nil {
				b.Fatalf("echobench: %v: closing the sample before this one: %v", c, err)
			}
			var err error
			if s, err = c.open(); err != nil {
				b.Fatalf("echobench: %v: %v", c, err)
			}
		}
		if s == nil {
			b.Fatalf("echobench: %v: called with b.N=%d before b.N=1", c, b.N)
		}
		s.run(b)
	})
	if err := c.end(s); err != nil {
		b.Errorf("echobench: %v: closing: %v", c, err)
	}
	if folder := c.suite.Histograms; folder != "" && c.latencies != nil {
		if _, err := writeHistogram(folder, c.benchmark+"/"+c.String(), c.latencies); err != nil {
			b.Errorf("echobench: %v: %v", c, err)
		}
	}
	return ran
}

// end closes a sample, if there is one, and keeps the latencies of its last and
// longest run.
func (c *cell) end(s *sample) error {
	if s != nil && s.latencies != nil {
		if c.latencies == nil {
			c.latencies = newRecorder().histogram
		}
		c.latencies.Merge(s.latencies)
		s.latencies = nil
	}
	return s.close()
}
