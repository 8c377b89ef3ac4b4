package gorpcecho

import (
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/internal/test/testkit"
)

func TestConformance(t *testing.T) {
	conform := func(name string, tr echo.Transport) {
		t.Run(name, func(t *testing.T) {
			if name != "gorpc" && name != "TLSConns" {
				testkit.Long(t)
			}
			testkit.SkipUnlessRaced(t, name, "gorpc", "gorpceach", "gorpcflush", "All")
			echotest.TestTransport(t, tr)
		})
	}
	for _, v := range Variants() {
		if v.Batch == 0 && v.Depth == 0 { // the kit batches and pipelines with every Transport
			conform(v.Name, v.Transport)
		}
	}
	for _, c := range []struct {
		name string
		tr   *Transport
	}{
		{"Conns", &Transport{Conns: 4}},
		{"TLSConns", &Transport{TLS: true, Conns: 2}},
		{"FlushDelay1ms", &Transport{FlushDelay: time.Millisecond}},
		{"All", &Transport{Unix: true, TLS: true, Compress: true, FlushDelay: time.Microsecond, Conns: 3}},
		{"MaxSize1B", &Transport{MaxSize: 1}},
	} {
		conform(c.name, c.tr)
	}
}
