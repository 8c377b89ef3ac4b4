package grpcecho

import (
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"google.golang.org/grpc"
)

// garbageProof is what a server needs to survive garbage under the race detector.
var garbageProof []grpc.ServerOption

// raced says that the race detector is on.
var raced bool

func TestConformance(t *testing.T) {
	echotest.TestTransport(t, &Transport{server: garbageProof})
}

func TestConformanceSmall(t *testing.T) {
	echotest.TestTransport(t, &Transport{MaxSize: 1 << 10, Conns: 4, server: garbageProof})
}

func TestConformanceEach(t *testing.T) {
	echotest.TestTransport(t, &Transport{Conns: echo.Each, server: garbageProof})
}

func TestConformanceStream(t *testing.T) {
	echotest.TestTransport(t, &Transport{Stream: true, server: garbageProof})
}

func TestConformanceStreamEach(t *testing.T) {
	echotest.TestTransport(t, &Transport{Stream: true, Conns: echo.Each, server: garbageProof})
}

func TestConformanceTLS(t *testing.T) {
	echotest.TestTransport(t, &Transport{TLS: true, server: garbageProof})
}

func TestConformanceGzip(t *testing.T) {
	if raced {
		t.Skip("gzip is ten times slower under the race detector, and adds no goroutine")
	}
	echotest.TestTransport(t, &Transport{Gzip: true, server: garbageProof})
}

func TestConformancePool(t *testing.T) {
	echotest.TestTransport(t, &Transport{Pool: TieredPool(), server: garbageProof})
}

func TestConformanceStockCodec(t *testing.T) {
	echotest.TestTransport(t, &Transport{StockCodec: true, server: garbageProof})
}

func TestConformanceBuffers(t *testing.T) {
	echotest.TestTransport(t, &Transport{WriteBuffer: 1 << 10, ReadBuffer: 1 << 10, Window: minWindow})
}

func TestConformanceAll(t *testing.T) {
	echotest.TestTransport(t, &Transport{
		Conns: 4, Stream: true, TLS: true, Gzip: !raced, Pool: TieredPool(),
		WriteBuffer: 128 << 10, ReadBuffer: 128 << 10, Window: 1 << 20,
	})
}
