package echotest

import (
	"context"
	"errors"
	"net"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/payload"
)

func (k *kit) closeTwice() {
	srv := k.listen()
	c := k.dial(srv.Addr())
	k.mustEcho(c, k.request(16))
	for _, which := range []string{"first", "second"} {
		if err := k.closeClient(c); err != nil {
			k.Errorf("%s Close of a Client: %v", which, err)
		}
	}
	for _, which := range []string{"first", "second"} {
		if err := k.closeServer(srv); err != nil {
			k.Errorf("%s Close of a Server: %v", which, err)
		}
	}
}

func (k *kit) echoAfterClose() {
	c := k.dial(k.listen().Addr())
	k.mustEcho(c, k.request(16))
	k.closeClient(c)
	for range 2 {
		k.failsAsClosed(c)
	}
}

func (k *kit) closeInFlight() {
	n := 1
	if contract.Describe(k.tr, 64).Clients < 64 {
		n = 8 // because the client is shared
	}
	l := k.proxied()
	calls := k.stall(context.Background(), l, n)
	k.closeClient(l.client)
	for _, call := range calls {
		if err := k.wait("Echo in flight during its Client's Close", call); err == nil {
			k.Error("Echo in flight during its Client's Close: got no error, want one")
		}
	}
	if err := k.closeClient(l.client); err != nil {
		k.Errorf("second Close of a Client: %v", err)
	}
	k.failsAsClosed(l.client)
}

// failsAsClosed checks the error of a call on a closed Client.
func (k *kit) failsAsClosed(c echo.Client) {
	k.Helper()
	if err := k.echo(k.longContext(), c, k.request(16), new(payload.Payload)); !errors.Is(err, net.ErrClosed) {
		k.Errorf("Echo after its Client's Close: error %v, want one that matches net.ErrClosed", err)
	}
}
