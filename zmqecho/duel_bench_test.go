//go:build cgo && !nozmq

package zmqecho

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/zmqecho/internal/cping"
)

// BenchmarkOverC compares an Echo with libzmq's own ping-pong of as many bytes,
// in C at both ends: what Go, protobuf and the watch over contexts and
// connections cost on top of libzmq. Slices of the two alternate, so that both
// meet the same machine; over-c is the ratio of their medians.
func BenchmarkOverC(b *testing.B) {
	const slice = 100 // round trips, some milliseconds
	for _, v := range []struct {
		name string
		tr   *Transport
	}{
		{"poll=blocking", &Transport{}},
		{"poll=go", &Transport{Poll: true}},
	} {
		b.Run(v.name+"/size=64B", func(b *testing.B) {
			client, err := v.tr.Dial(b.Context(), echo.StartServer(b, v.tr))
			if err != nil {
				b.Fatal(err)
			}
			defer client.Close()
			c, err := cping.Start()
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			req := &payload.Payload{Id: 1, Data: payload.Body(64, 1), Timestamp: time.Now().UnixNano()}
			var reply payload.Payload
			bytes := len(encode(b, req))
			took := make([]int64, slice)

			goRTT, cRTT := hdrhistogram.New(1, int64(time.Minute), 3), hdrhistogram.New(1, int64(time.Minute), 3)
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				if err := client.Echo(b.Context(), req, &reply); err != nil {
					b.Fatal(err)
				}
				goRTT.RecordValue(int64(time.Since(start)))
				if i%slice == 0 {
					if err := c.Ping(bytes, took); err != nil {
						b.Fatal(err)
					}
					for _, ns := range took {
						cRTT.RecordValue(ns)
					}
				}
			}
			goP50, cP50 := float64(goRTT.ValueAtPercentile(50)), float64(cRTT.ValueAtPercentile(50))
			b.ReportMetric(0, "ns/op") // the sum of both means nothing
			b.ReportMetric(goP50, "go-p50-ns")
			b.ReportMetric(cP50, "c-p50-ns")
			b.ReportMetric(goP50/cP50, "over-c")
		})
	}
}

// BenchmarkPolledOverBlocking compares 500 workers on REQ sockets that Go polls
// with as many on REQ sockets that block threads. Slices of the two alternate;
// polled-over-blocking is the median of their throughputs' ratios.
func BenchmarkPolledOverBlocking(b *testing.B) {
	for _, size := range smallAndLarge {
		b.Run("size="+size.String()+"/par=500", func(b *testing.B) {
			blocking, polled := newSide(b, &Transport{}, size, 500), newSide(b, &Transport{Poll: true}, size, 500)
			var opsBlocking, opsPolled, ratios []float64
			for b.Loop() {
				opsBlocking = append(opsBlocking, blocking.run(b))
				opsPolled = append(opsPolled, polled.run(b))
				ratios = append(ratios, opsPolled[len(ratios)]/opsBlocking[len(ratios)])
			}
			b.ReportMetric(0, "ns/op") // of a slice of each
			b.ReportMetric(median(opsBlocking), "blocking-ops/s")
			b.ReportMetric(median(opsPolled), "polled-ops/s")
			b.ReportMetric(median(ratios), "polled-over-blocking")
		})
	}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// A side of a comparison is workers on a Transport's clients and server.
type side struct {
	clients []echo.Client
	workers int
	data    []byte
}

func newSide(b *testing.B, tr *Transport, size payload.Size, workers int) *side {
	s := &side{workers: workers, data: payload.Body(int(size), 1)}
	addr := echo.StartServer(b, tr)
	for range tr.Describe(workers).Clients {
		c, err := tr.Dial(b.Context(), addr)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		s.clients = append(s.clients, c)
	}
	s.run(b) // to warm up
	return s
}

// run has all workers echo for a slice, and returns the operations per second.
func (s *side) run(b *testing.B) (perSecond float64) {
	var (
		running sync.WaitGroup
		stop    atomic.Bool
		ops     atomic.Int64
	)
	start := time.Now()
	for i := range s.workers {
		running.Go(func() {
			client, reply := s.clients[i%len(s.clients)], new(payload.Payload)
			req := &payload.Payload{Id: uint64(i), Data: s.data, Timestamp: 1}
			for !stop.Load() {
				if err := client.Echo(b.Context(), req, reply); err != nil || reply.Id != req.Id || len(reply.Data) != len(req.Data) {
					b.Errorf("id %d was answered with id %d and %d bytes, error %v", req.Id, reply.Id, len(reply.Data), err)
					return
				}
				ops.Add(1)
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	stop.Store(true)
	running.Wait()
	return float64(ops.Load()) / time.Since(start).Seconds()
}
