package grpcecho

import (
	"testing"

	"github.com/echobench/echobench"
	"google.golang.org/grpc"
)

// garbageProof is what a server needs to survive garbage under the race detector.
var garbageProof []grpc.ServerOption

func TestConformance(t *testing.T) {
	echobench.TestTransport(t, &Transport{server: garbageProof})
}

func TestConformanceSmall(t *testing.T) {
	echobench.TestTransport(t, &Transport{MaxSize: 1 << 10, Conns: 4, server: garbageProof})
}
