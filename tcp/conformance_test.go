package tcp

import (
	"testing"

	"github.com/echobench/echobench/echotest"
)

func TestConformance(t *testing.T) {
	echotest.TestTransport(t, &Transport{})
}

func TestConformanceMaxInFlight(t *testing.T) {
	echotest.TestTransport(t, &Transport{MaxInFlight: 2})
}

func TestConformanceSmall(t *testing.T) {
	echotest.TestTransport(t, &Transport{MaxSize: 10})
}

func TestConformanceConns(t *testing.T) {
	echotest.TestTransport(t, &Transport{Conns: 1})
}

func TestConformanceConnsSmall(t *testing.T) {
	echotest.TestTransport(t, &Transport{Conns: 8, MaxSize: 10})
}

func TestConformanceConnsMaxInFlight(t *testing.T) {
	echotest.TestTransport(t, &Transport{Conns: 2, MaxInFlight: 4})
}

func TestConformanceConnsTLS(t *testing.T) {
	echotest.TestTransport(t, &Transport{Conns: 1, TLS: true})
}

func TestConformanceGrants(t *testing.T) {
	echotest.TestTransport(t, &Transport{Grants: 1})
}

func TestConformanceTLS(t *testing.T) {
	echotest.TestTransport(t, &Transport{TLS: true})
}

func TestConformanceUnix(t *testing.T) {
	echotest.TestTransport(t, &Transport{Unix: true})
}

func TestConformanceNagle(t *testing.T) {
	echotest.TestTransport(t, &Transport{Nagle: true, MaxSize: 64 << 10})
}

func TestConformanceSocketBuffers(t *testing.T) {
	echotest.TestTransport(t, &Transport{ReadBuffer: 256 << 10, WriteBuffer: 256 << 10})
}
