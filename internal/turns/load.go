package turns

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/payload"
)

// A Load is one side of a comparison of throughputs: a transport with its server,
// its clients and its workers, each of which is a closed loop.
type Load struct {
	name    string
	workers []*worker
	echoes  int       // in a slice
	rates   []float64 // echoes a second of each slice
}

type worker struct {
	client     echo.Client
	ctx        context.Context
	req, reply payload.Payload
	latencies  *hdrhistogram.Histogram
}

// NewLoad starts a server of tr and connects clients for so many workers, each of
// which sends size bytes of data. Everything is closed when b ends. The name is
// the prefix of the units.
func NewLoad(b *testing.B, name string, tr echo.Transport, size payload.Size, workers int) *Load {
	b.Helper()
	addr := echo.StartServer(b, tr)
	var clients []echo.Client
	for range contract.Describe(tr, workers).Clients {
		client, err := tr.Dial(b.Context(), addr)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { client.Close() })
		clients = append(clients, client)
	}
	l := &Load{name: name}
	for i := range workers {
		ctx, cancel := context.WithCancel(context.Background())
		b.Cleanup(cancel)
		w := &worker{client: clients[i%len(clients)], ctx: ctx, latencies: newHistogram()}
		w.req.Data = payload.Body(int(size), uint64(i%16))
		l.workers = append(l.workers, w)
	}
	return l
}

// Throughput runs each load in turn, for about a slice of time, in every
// iteration of b. It reports the median rate of each as NAME-ops/s. For every
// load after the first it also reports the median of the ratios of neighbouring
// slices, FIRST-over-NAME.
func Throughput(b *testing.B, slice time.Duration, loads ...*Load) {
	b.Helper()
	for _, l := range loads {
		l.calibrate(b, slice)
	}
	for b.Loop() {
		for _, l := range loads {
			l.rates = append(l.rates, float64(l.echoes)/l.run(b, l.echoes).Seconds())
		}
		if b.Failed() {
			b.FailNow()
		}
	}
	b.ReportMetric(0, "ns/op") // the time of all sides together has no meaning
	first := loads[0]
	for i, l := range loads {
		b.ReportMetric(Median(l.rates), l.name+"-ops/s")
		if i == 0 {
			continue
		}
		ratios := make([]float64, len(l.rates))
		for j := range ratios {
			ratios[j] = first.rates[j] / l.rates[j]
		}
		b.ReportMetric(Median(ratios), first.name+"-over-"+l.name)
	}
}

// calibrate warms up, and finds how many echoes take about a slice.
func (l *Load) calibrate(b *testing.B, slice time.Duration) {
	b.Helper()
	l.echoes = 4 * len(l.workers)
	for l.run(b, l.echoes) < slice/4 && !b.Failed() {
		l.echoes *= 2
	}
	l.echoes = max(1, int(float64(l.echoes)*slice.Seconds()/l.run(b, l.echoes).Seconds()))
	for _, w := range l.workers {
		w.latencies.Reset()
	}
}

// run has the workers share n echoes and returns how long that took.
func (l *Load) run(b *testing.B, n int) time.Duration {
	var tickets atomic.Int64
	var done sync.WaitGroup
	start := time.Now()
	for _, w := range l.workers {
		done.Go(func() {
			for ticket := tickets.Add(1); ticket <= int64(n); ticket = tickets.Add(1) {
				if err := w.echo(uint64(ticket), start); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	done.Wait()
	return time.Since(start)
}

func (w *worker) echo(id uint64, start time.Time) error {
	w.req.Id = id
	begin := time.Since(start)
	w.req.Timestamp = int64(begin)
	if err := w.client.Echo(w.ctx, &w.req, &w.reply); err != nil {
		return err
	}
	w.latencies.RecordValue(int64(time.Since(start) - begin))
	return contract.Verify(&w.req, &w.reply, false)
}

// Tail returns the 99th percentile of all latencies divided by their median.
func (l *Load) Tail() float64 {
	all := newHistogram()
	for _, w := range l.workers {
		all.Merge(w.latencies)
	}
	return float64(all.ValueAtPercentile(99)) / float64(all.ValueAtPercentile(50))
}
