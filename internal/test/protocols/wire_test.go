package protocols_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/grpcecho"
	"github.com/echobench/echobench/internal/rules/proxy"
	"github.com/echobench/echobench/internal/sample"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// A proxied transport has a proxy in front of each server.
type proxied struct {
	echo.Describer
	last *proxy.Proxy
}

func (p *proxied) Listen(addr string) (echo.Server, error) {
	srv, err := p.Describer.Listen(addr)
	if err != nil {
		return nil, err
	}
	if p.last, err = proxy.Start(srv.Addr()); err != nil {
		return nil, errors.Join(err, srv.Close())
	}
	return proxiedServer{srv, p.last}, nil
}

type proxiedServer struct {
	echo.Server
	proxy *proxy.Proxy
}

func (s proxiedServer) Addr() string { return s.proxy.Addr() }
func (s proxiedServer) Close() error { return errors.Join(s.Server.Close(), s.proxy.Close()) }

// TestDataCrossesTheNetwork: what the workers of a Suite send crosses the network at its
// full length, each way, with the variants that compress. The quick test tries some sizes.
func TestDataCrossesTheNetwork(t *testing.T) {
	testkit.Simulation(t)
	sizes := []payload.Size{64, 4 << 10, 64 << 10}
	if testkit.IsLong() {
		sizes = append(sizes, 256, 1<<10, 16<<10)
	}
	tried := 0
	for _, v := range slices.Concat(gorpcecho.Variants(), grpcecho.Variants()) {
		if v.Name != "gorpccompress" && v.Name != "grpcgzip" {
			continue
		}
		tried++
		t.Run(v.Name, func(t *testing.T) {
			for _, size := range sizes {
				for _, workers := range []int{1, 50} {
					if err := crosses(t, v, size, workers); err != nil {
						t.Errorf("size %v, %d workers: %v", size, workers, err)
					}
				}
			}
		})
	}
	if tried != 2 {
		t.Errorf("%d variants compress, want 2", tried)
	}
}

// crosses makes echoes, and compares the bytes that cross a proxy with the data.
func crosses(t *testing.T, v echo.Variant, size payload.Size, workers int) error {
	const total = 160 << 10 // more than the distance after which a client repeats its data
	tr := &proxied{Describer: v.Transport.(echo.Describer)}
	v.Transport = tr
	s, err := sample.Open(t.Context(), sample.Config{Variant: v, Size: size, Workers: workers, Stall: 10 * time.Second})
	if err != nil {
		return err
	}
	n := max(4*workers, total/int(size))
	sent, received := tr.last.Sent(), tr.last.Received()
	err = s.Echo(n, new(sample.Stopwatch))
	sent, received = tr.last.Sent()-sent, tr.last.Received()-received
	if want := n * int(size); min(sent, received) < want {
		err = errors.Join(err, fmt.Errorf("%d echoes moved %d bytes to the server and %d to the client, want %d or more each", n, sent, received, want))
	}
	return errors.Join(err, s.Close())
}
