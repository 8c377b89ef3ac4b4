//go:build cgo && !nozmq

package zmqecho

import (
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/internal/test/testkit"
)

func TestConformance(t *testing.T) {
	conform := func(name string, tr echo.Transport) {
		t.Run(name, func(t *testing.T) {
			if name != "zmq" && name != "zmqdealer" {
				testkit.Long(t)
			}
			testkit.SkipUnlessRaced(t, name, "zmq", "zmqrouter", "zmqblocking", "zmqdealer", "DealerConns", "CurveDealer")
			echotest.TestTransport(t, tr)
		})
	}
	for _, v := range Variants() {
		conform(v.Name, v.Transport)
	}
	for _, c := range []struct {
		name string
		tr   echo.Transport
	}{
		{"WorkersIPC", &Transport{Workers: 4, WorkersIPC: true}},
		{"Each", &Transport{Conns: echo.Each}},
		{"Conns", &Transport{Conns: 2}},
		{"ConnsBlock", &Transport{Conns: 1, Block: true}},
		{"DealerConns", &Transport{Dealer: true, Conns: 4, Workers: 4}},
		{"DealerEach", &Transport{Dealer: true, Conns: echo.Each}},
		{"SmallMaxSize", &Transport{MaxSize: 1000}},
		{"SmallMaxSizeDealer", &Transport{MaxSize: 1, Dealer: true}},
		{"Curve", keyless{&Transport{Curve: true}}},
		{"CurveBlock", &Transport{Curve: true, Block: true}},
		{"CurveDealer", keyless{&Transport{Curve: true, Dealer: true, Conns: 2, Workers: 2}}},
		{"CurveSmallMaxSize", keyless{&Transport{Curve: true, MaxSize: 1}}},
	} {
		conform(c.name, c.tr)
	}
}

// A keyless is a Transport with CURVE whose addresses are without the key, so that
// the kit can put a proxy between the ends. Its clients take the key from the
// Transport.
type keyless struct{ *Transport }

type keylessServer struct{ echo.Server }

func (t keyless) Listen(addr string) (echo.Server, error) {
	srv, err := t.Transport.Listen(addr)
	if err != nil {
		return nil, err
	}
	return keylessServer{srv}, nil
}

func (s keylessServer) Addr() string {
	hostPort, _, _ := strings.Cut(s.Server.Addr(), "/")
	return hostPort
}
