package tcp

import (
	"testing"

	"github.com/echobench/echobench"
)

func TestConformance(t *testing.T) {
	echobench.TestTransport(t, &Transport{})
}

func TestConformanceMaxInFlight(t *testing.T) {
	echobench.TestTransport(t, &Transport{MaxInFlight: 2})
}

func TestConformanceSmall(t *testing.T) {
	echobench.TestTransport(t, &Transport{MaxSize: 10})
}
