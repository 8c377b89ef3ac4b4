package rest

import (
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
)

func TestConformance(t *testing.T) {
	echotest.TestTransport(t, &Transport{})
}

func TestConformanceSmall(t *testing.T) {
	echotest.TestTransport(t, &Transport{MaxSize: 1 << 10, Conns: 2})
}

func TestConformanceEach(t *testing.T) {
	echotest.TestTransport(t, &Transport{Conns: echo.Each})
}

func TestConformanceTLS(t *testing.T) {
	echotest.TestTransport(t, &Transport{TLS: true})
}

func TestConformanceH2C(t *testing.T) {
	echotest.TestTransport(t, &Transport{HTTP2: true})
}

func TestConformanceH2(t *testing.T) {
	echotest.TestTransport(t, &Transport{HTTP2: true, TLS: true})
}

func TestConformanceH2Each(t *testing.T) {
	echotest.TestTransport(t, &Transport{HTTP2: true, TLS: true, Conns: echo.Each})
}

func TestConformanceStream(t *testing.T) {
	echotest.TestTransport(t, &Transport{Stream: true})
}

func TestConformanceStreamH2C(t *testing.T) {
	echotest.TestTransport(t, &Transport{Stream: true, HTTP2: true})
}

func TestConformanceStreamH2(t *testing.T) {
	echotest.TestTransport(t, &Transport{Stream: true, HTTP2: true, TLS: true})
}
