package rest

import (
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/internal/test/testkit"
)

func TestConformance(t *testing.T) {
	conform := func(name string, tr echo.Transport) {
		t.Run(name, func(t *testing.T) {
			if name != "rest" && name != "h2c" {
				testkit.Long(t)
			}
			testkit.SkipUnlessRaced(t, name, "rest", "reststream", "h2c", "h2cstream", "refuse above many, h2cstream")
			echotest.TestTransport(t, tr)
		})
	}
	for _, v := range Variants() {
		conform(v.Name, v.Transport)
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
		conform(c.name, c.tr)
	}
}
