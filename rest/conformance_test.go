package rest

import (
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
)

func TestConformance(t *testing.T) {
	for _, v := range Variants() {
		t.Run(v.Name, func(t *testing.T) { echotest.TestTransport(t, v.Transport) })
	}
	for _, c := range []struct {
		name string
		tr   *Transport
	}{
		{"small", &Transport{MaxSize: 1 << 10, Conns: 2}},
		{"resteach", &Transport{Conns: echo.Each}},
		{"refuse above many", &Transport{RefuseAbove: 1 << 20}},
		{"refuse above many, h2cstream", &Transport{RefuseAbove: 1 << 20, HTTP2: true, StreamBodies: true}},
		{"h2each", &Transport{HTTP2: true, TLS: true, Conns: echo.Each}},
		{"h2stream", &Transport{HTTP2: true, TLS: true, StreamBodies: true}},
	} {
		t.Run(c.name, func(t *testing.T) { echotest.TestTransport(t, c.tr) })
	}
}
