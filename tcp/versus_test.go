package tcp_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

// BenchmarkMuxOverPlain compares one multiplexed connection with a plain one a
// worker, and with gorpc's shared one: 500 workers, 64 bytes.
func BenchmarkMuxOverPlain(b *testing.B) {
	plain := newSide(b, &tcp.Transport{}, 500, 64)
	gorpc := newSide(b, &gorpcecho.Transport{}, 500, 64)
	mux := newSide(b, &tcp.Transport{Conns: 1}, 500, 64)
	alternate(b, 100*time.Millisecond, plain, gorpc, mux)
	b.ReportMetric(0, "ns/op") // the sum of all means nothing
	b.ReportMetric(median(plain.rates), "plain-ops/s")
	b.ReportMetric(median(gorpc.rates), "gorpc-ops/s")
	b.ReportMetric(median(mux.rates), "mux-ops/s")
	b.ReportMetric(median(over(mux.rates, plain.rates)), "over-plain")
	b.ReportMetric(median(over(mux.rates, gorpc.rates)), "over-gorpc")
}

// BenchmarkGrantsOverPlain compares receiver-driven flow control with none: 500
// workers, 64 KiB.
func BenchmarkGrantsOverPlain(b *testing.B) {
	plain := newSide(b, &tcp.Transport{}, 500, 64<<10)
	granted := newSide(b, &tcp.Transport{Grants: grants}, 500, 64<<10)
	alternate(b, 500*time.Millisecond, plain, granted)
	b.ReportMetric(0, "ns/op") // the sum of both means nothing
	b.ReportMetric(median(plain.rates), "plain-ops/s")
	b.ReportMetric(median(granted.rates), "granted-ops/s")
	b.ReportMetric(median(over(granted.rates, plain.rates)), "over-plain")
	b.ReportMetric(plain.tail(), "plain-p99/p50")
	b.ReportMetric(granted.tail(), "granted-p99/p50")
}

// A side is a transport with its server, its clients and its workers.
type side struct {
	workers []*worker
	ops     int       // in a slice
	rates   []float64 // echoes a second, of each slice
}

type worker struct {
	client     echo.Client
	ctx        context.Context
	req, reply payload.Payload
	latencies  *hdrhistogram.Histogram
}

func newSide(b *testing.B, tr echo.Describer, workers, size int) *side {
	b.Helper()
	addr := echo.StartServer(b, tr)
	var clients []echo.Client
	for range tr.Describe(workers).Clients {
		client, err := tr.Dial(b.Context(), addr)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { client.Close() })
		clients = append(clients, client)
	}
	s := new(side)
	for i := range workers {
		ctx, cancel := context.WithCancel(context.Background())
		b.Cleanup(cancel)
		w := &worker{client: clients[i%len(clients)], ctx: ctx, latencies: hdrhistogram.New(1, int64(time.Minute), 2)}
		w.req.Data = payload.Body(size, uint64(i%16))
		s.workers = append(s.workers, w)
	}
	return s
}

// slice has the workers share n echoes and returns how long that took.
func (s *side) slice(b *testing.B, n int) time.Duration {
	var tickets atomic.Int64
	var done sync.WaitGroup
	start := time.Now()
	for _, w := range s.workers {
		done.Go(func() {
			for {
				ticket := tickets.Add(1)
				if ticket > int64(n) {
					return
				}
				w.req.Id = uint64(ticket)
				begin := time.Since(start)
				w.req.Timestamp = int64(begin)
				if err := w.client.Echo(w.ctx, &w.req, &w.reply); err != nil {
					b.Error(err)
					return
				}
				w.latencies.RecordValue(int64(time.Since(start) - begin))
				if w.reply.Id != w.req.Id || len(w.reply.Data) != len(w.req.Data) {
					b.Errorf("reply with id %d and %d bytes, want %d and %d", w.reply.Id, len(w.reply.Data), w.req.Id, len(w.req.Data))
					return
				}
			}
		})
	}
	done.Wait()
	return time.Since(start)
}

// alternate runs each side in turn, for about a slice, so that all meet the same
// machine; once round is an iteration.
func alternate(b *testing.B, slice time.Duration, sides ...*side) {
	b.Helper()
	for _, s := range sides {
		s.ops = 4 * len(s.workers)
		for s.slice(b, s.ops) < slice/4 && !b.Failed() { // warms up, too
			s.ops *= 2
		}
		s.ops = int(float64(s.ops) * slice.Seconds() / s.slice(b, s.ops).Seconds())
		for _, w := range s.workers {
			w.latencies.Reset()
		}
	}
	for b.Loop() {
		for _, s := range sides {
			s.rates = append(s.rates, float64(s.ops)/s.slice(b, s.ops).Seconds())
		}
		if b.Failed() {
			b.FailNow()
		}
	}
}

// tail is the 99th percentile of all latencies over their median.
func (s *side) tail() float64 {
	all := hdrhistogram.New(1, int64(time.Minute), 3)
	for _, w := range s.workers {
		all.Merge(w.latencies)
	}
	return float64(all.ValueAtPercentile(99)) / float64(all.ValueAtPercentile(50))
}

// over is the ratio of each slice to that of the same round.
func over(a, b []float64) []float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = a[i] / b[i]
	}
	return ratios
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
