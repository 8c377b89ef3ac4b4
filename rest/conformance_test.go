package rest

import (
	"testing"

	"github.com/echobench/echobench"
)

func TestConformance(t *testing.T) {
	echobench.TestTransport(t, &Transport{})
}

func TestConformanceSmall(t *testing.T) {
	echobench.TestTransport(t, &Transport{MaxSize: 1 << 10, MaxConns: 2})
}
