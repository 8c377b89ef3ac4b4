package tcp_test

import (
	"fmt"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

// BenchmarkMetricsCost is what measuring costs: tcp with latency alone and with
// every set of metrics, in turns, so that both meet the same machine.
//
//	go test -run '^$' -bench MetricsCost ./tcp > cost.txt
//	go tool benchstat -col /metrics -row .name -ignore /round -filter '.unit:(sec/op OR p50-sec)' cost.txt
func BenchmarkMetricsCost(b *testing.B) {
	for round := range 10 {
		for _, m := range []struct {
			name string
			set  echobench.Metrics
		}{{"latency", echobench.Latency}, {"all", echobench.AllMetrics}} {
			b.Run(fmt.Sprintf("round=%c/metrics=%s", 'a'+round, m.name), func(b *testing.B) {
				echobench.Suite{
					Transports:  []echo.Transport{&tcp.Transport{}},
					Sizes:       []payload.Size{64},
					Parallelism: []int{1},
					Metrics:     m.set,
				}.Run(b)
			})
		}
	}
}
