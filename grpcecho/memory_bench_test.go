package grpcecho

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/stats/paired"
	"github.com/echobench/echobench/payload"
)

// BenchmarkMemory compares the maximum memory that both ends take while 500 workers echo
// 64 KiB (side A) with what they take at default settings (side B). Each iteration
// runs both sides, one after the other. As in the line of an echobench.Duel, a ratio
// is that of A to B, with its 95% interval if there are 6 iterations. See
// docs/memory.md.
func BenchmarkMemory(b *testing.B) {
	noReplay := []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxRetryRPCBufferSize(0))}
	for _, side := range []struct {
		name string
		tr   *Transport
	}{
		{"grpctiers", &Transport{Pool: TieredPool()}},
		{"noreplay", &Transport{client: noReplay}},
	} {
		b.Run("a="+side.name+"/b=grpc", func(b *testing.B) { compareMemory(b, side.tr, &Transport{}) })
	}
}

func compareMemory(b *testing.B, sides ...*Transport) {
	peaks, rates := make([][]float64, 2), make([][]float64, 2)
	for i := range b.N {
		for j := range sides {
			side := (i + j) % 2 // the sides take turns to be first
			peak, rate := underLoad(b, sides[side])
			peaks[side], rates[side] = append(peaks[side], peak), append(rates[side], rate)
		}
	}
	b.ReportMetric(0, "ns/op") // removes it
	reportRatio(b, "peak-B", "peak-ratio", peaks)
	reportRatio(b, "ops/s", "ops-ratio", rates)
}

func reportRatio(b *testing.B, unit, ratio string, values [][]float64) {
	b.ReportMetric(paired.Median(values[0]), "a-"+unit)
	b.ReportMetric(paired.Median(values[1]), "b-"+unit)
	interval, ok := paired.Estimate(values[1], values[0], 0.95)
	b.ReportMetric(interval.Ratio, ratio)
	if ok {
		b.ReportMetric(interval.Low, ratio+"-low")
		b.ReportMetric(interval.High, ratio+"-high")
	}
}

// underLoad returns the maximum memory, in bytes, that the Go runtime has from the
// operating system while workers echo, and the number of echoes in a second.
func underLoad(b *testing.B, tr *Transport) (peak, rate float64) {
	const workers, echoes, size = 500, 20, 64 << 10
	runtime.GC() // a pool keeps its buffers for one more collection
	debug.FreeOSMemory()
	srv, err := tr.Listen("")
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Close()
	c, err := tr.Dial(b.Context(), srv.Addr())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	stop := watchMemory()
	start := time.Now()
	var running sync.WaitGroup
	data := payload.Body(size, 1)
	for w := range workers {
		running.Go(func() { echoMany(b, c, &payload.Payload{Id: uint64(w), Data: data}, echoes) })
	}
	running.Wait()
	rate = workers * echoes / time.Since(start).Seconds()
	return stop(), rate
}

func echoMany(b *testing.B, c echo.Client, req *payload.Payload, echoes int) {
	var reply payload.Payload
	for range echoes {
		err := c.Echo(b.Context(), req, &reply)
		if err == nil {
			err = contract.Verify(req, &reply, false)
		}
		if err != nil {
			b.Error(err)
			return
		}
	}
}

// watchMemory looks at the memory of the Go runtime every millisecond. stop ends it
// and returns the maximum number of bytes.
func watchMemory() (stop func() float64) {
	done := make(chan struct{})
	maximum := make(chan float64)
	go func() {
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		peak := 0.0
		for {
			select {
			case <-ticker.C:
				peak = max(peak, memory())
			case <-done:
				maximum <- peak
				return
			}
		}
	}()
	return func() float64 {
		close(done)
		return <-maximum
	}
}

// memory returns how many bytes the Go runtime has from the operating system and has
// not returned to it.
func memory() float64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return float64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}
