package gorpcecho

import (
	"testing"
	"time"

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
		{"Conns", &Transport{Conns: 4}},
		{"TLSConns", &Transport{TLS: true, Conns: 2}},
		{"FlushDelay1ms", &Transport{FlushDelay: time.Millisecond}},
		{"All", &Transport{Unix: true, TLS: true, Compress: true, FlushDelay: time.Microsecond, Conns: 3}},
		{"MaxSize1B", &Transport{MaxSize: 1}},
	} {
		t.Run(c.name, func(t *testing.T) { echotest.TestTransport(t, c.tr) })
	}
}
