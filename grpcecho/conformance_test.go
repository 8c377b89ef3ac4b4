package grpcecho

import (
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/internal/base/race"
	"github.com/echobench/echobench/internal/test/testkit"
)

// TestConformance always tests the variants that differ most, and the others if tests
// may take long.
func TestConformance(t *testing.T) {
	conform := func(name string, tr echo.Transport) {
		t.Run(name, func(t *testing.T) {
			switch name {
			case "grpc", "grpcstream":
			default:
				testkit.Long(t)
				testkit.SkipUnlessRaced(t, name, "refuse", "refusestream", "all")
			}
			echotest.TestTransport(t, tr)
		})
	}
	for _, v := range Variants() {
		if v.Name != "grpcpipe" { // the Transport of grpcstream
			conform(v.Name, v.Transport)
		}
	}
	conform("small", &Transport{MaxSize: 1 << 10, Conns: 4})
	conform("streameach", &Transport{Stream: true, Conns: echo.Each})
	conform("idle", &Transport{IdleTimeout: time.Minute})
	conform("refuse", &Transport{RefuseAbove: 1 << 20})
	conform("refusestream", &Transport{RefuseAbove: 1 << 20, Stream: true})
	conform("buffers", &Transport{WriteBuffer: 1 << 10, ReadBuffer: 1 << 10, Window: minWindow})
	conform("all", &Transport{
		Conns: 4, Stream: true, TLS: true, Compress: !race.Enabled, Pool: TieredPool(),
		WriteBuffer: 128 << 10, ReadBuffer: 128 << 10, Window: 1 << 20,
	})
}
