package rest

import (
	"testing"

	"github.com/echobench/echobench"
)

func TestConformance(t *testing.T) {
	echobench.TestTransport(t, &Transport{})
}

func TestConformanceSmall(t *testing.T) {
	echobench.TestTransport(t, &Transport{MaxSize: 1 << 10, Conns: 2})
}

func TestConformanceEach(t *testing.T) {
	echobench.TestTransport(t, &Transport{Conns: echobench.Each})
}

func TestConformanceTLS(t *testing.T) {
	echobench.TestTransport(t, &Transport{TLS: true})
}

func TestConformanceH2C(t *testing.T) {
	echobench.TestTransport(t, &Transport{HTTP2: true})
}

func TestConformanceH2(t *testing.T) {
	echobench.TestTransport(t, &Transport{HTTP2: true, TLS: true})
}

func TestConformanceH2Each(t *testing.T) {
	echobench.TestTransport(t, &Transport{HTTP2: true, TLS: true, Conns: echobench.Each})
}

func TestConformanceStream(t *testing.T) {
	echobench.TestTransport(t, &Transport{Stream: true})
}

func TestConformanceStreamH2C(t *testing.T) {
	echobench.TestTransport(t, &Transport{Stream: true, HTTP2: true})
}

func TestConformanceStreamH2(t *testing.T) {
	echobench.TestTransport(t, &Transport{Stream: true, HTTP2: true, TLS: true})
}
