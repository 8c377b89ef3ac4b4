package link

import (
	"io"
	"slices"
	"testing"
	"time"
)

// BenchmarkRTT measures bare round trips of one byte over links, and divides the
// median by the RTT that was asked for.
func BenchmarkRTT(b *testing.B) {
	for _, config := range []string{"rtt=500us", "rtt=1ms", "rtt=10ms", "rtt=100ms"} {
		b.Run(config, func(b *testing.B) {
			conn := dial(b, startLink(b, startEcho(b), config))
			one := make([]byte, 1)
			exchange(b, conn, one)
			var trips []time.Duration
			for b.Loop() {
				start := time.Now()
				if _, err := conn.Write(one); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(conn, one); err != nil {
					b.Fatal(err)
				}
				trips = append(trips, time.Since(start))
			}
			slices.Sort(trips)
			asked, _ := Parse(config)
			median := trips[len(trips)/2]
			b.ReportMetric(float64(median), "p50-ns")
			b.ReportMetric(float64(median)/float64(asked.RTT), "p50/rtt")
		})
	}
}

// BenchmarkRate sends a second's worth of data over links, and divides the rate at
// which it returns by the rate that was asked for.
func BenchmarkRate(b *testing.B) {
	for _, config := range []string{"rtt=1ms,rate=10Mbit", "rtt=1ms,rate=100Mbit", "rtt=10ms,rate=100Mbit", "rtt=10ms,rate=1Gbit"} {
		b.Run(config, func(b *testing.B) {
			asked, _ := Parse(config)
			conn := dial(b, startLink(b, startEcho(b), config))
			data := make([]byte, asked.Rate/8)
			exchange(b, conn, data[:1])
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				exchange(b, conn, data)
			}
			transfer := b.Elapsed() - time.Duration(b.N)*asked.RTT
			rate := 8 * float64(len(data)) * float64(b.N) / transfer.Seconds()
			b.ReportMetric(rate/float64(asked.Rate), "rate/asked")
		})
	}
}
