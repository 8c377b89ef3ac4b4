package tcp

import (
	"slices"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/internal/test/testkit"
)

// conform runs the conformance kit. What is not quick is left to make check.
func conform(t *testing.T, name string, tr echo.Transport, quick bool) {
	t.Run(name, func(t *testing.T) {
		if !quick {
			testkit.Long(t)
		}
		echotest.TestTransport(t, tr)
	})
}

func TestConformance(t *testing.T) {
	for _, v := range Variants() {
		conform(t, v.Name, v.Transport, slices.Contains([]string{"tcp", "tcpmux", "tcpgrants"}, v.Name))
	}
}

// TestConformanceOfOptions covers combinations of options that no variant has.
func TestConformanceOfOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		tr   *Transport
	}{
		{"small", &Transport{MaxSize: 10}},
		{"max in flight 2", &Transport{MaxInFlight: 2}},
		{"conns 2", &Transport{Conns: 2}},
		{"one grant", &Transport{Grants: 1}},
		{"nagle with 64KiB", &Transport{Nagle: true, MaxSize: 64 << 10}},
		{"TLS over a Unix domain socket", &Transport{TLS: true, Unix: true}},
		{"refuse above many", &Transport{RefuseAbove: 1 << 20}},
		{"refuse above many, grants", &Transport{RefuseAbove: 1 << 20, Grants: 2}},
		{"refuse above many, mux", &Transport{RefuseAbove: 1 << 20, Mux: true}},
		{"mux, conns 8, small", &Transport{Mux: true, Conns: 8, MaxSize: 10}},
		{"mux, conns 2, max in flight 4", &Transport{Mux: true, Conns: 2, MaxInFlight: 4}},
		{"mux, a connection for each worker", &Transport{Mux: true, Conns: echo.Each}},
	} {
		conform(t, c.name, c.tr, false)
	}
}
