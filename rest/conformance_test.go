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
		{"h2each", &Transport{HTTP2: true, TLS: true, Conns: echo.Each}},
		{"h2stream", &Transport{HTTP2: true, TLS: true, StreamBodies: true}},
	} {
		t.Run(c.name, func(t *testing.T) { echotest.TestTransport(t, c.tr) })
	}
}
