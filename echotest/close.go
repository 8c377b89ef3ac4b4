package echotest

import (
	"context"
	"errors"
	"net"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/payload"
)

func (k *kit) closeTwice() {
	srv := k.Listen()
	c := k.Dial(srv.Addr())
	k.MustEcho(c, k.Request(16))
	for _, which := range []string{"first", "second"} {
		if err := k.CloseClient(c); err != nil {
			k.Errorf("%s Close of a Client: %v", which, err)
		}
	}
	for _, which := range []string{"first", "second"} {
		if err := k.CloseServer(srv); err != nil {
			k.Errorf("%s Close of a Server: %v", which, err)
		}
	}
}

func (k *kit) echoAfterClose() {
	c := k.Dial(k.Listen().Addr())
	k.MustEcho(c, k.Request(16))
	k.CloseClient(c)
	for range 2 {
		k.failsAsClosed(c)
	}
}

func (k *kit) closeInFlight() {
	n := 1
	if contract.Describe(k.Transport, 64).Clients < 64 {
		n = 8 // because the client is shared
	}
	l := k.Proxied()
	calls := k.Stall(context.Background(), l, n)
	k.CloseClient(l.Client)
	for _, call := range calls {
		if err := k.WaitCall("Echo in flight during its Client's Close", call); err == nil {
			k.Error("Echo in flight during its Client's Close: got no error, want one")
		}
	}
	if err := k.CloseClient(l.Client); err != nil {
		k.Errorf("second Close of a Client: %v", err)
	}
	k.failsAsClosed(l.Client)
}

// failsAsClosed checks the error of a call on a closed Client.
func (k *kit) failsAsClosed(c echo.Client) {
	k.Helper()
	if err := k.Echo(k.LongContext(), c, k.Request(16), new(payload.Payload)); !errors.Is(err, net.ErrClosed) {
		k.Errorf("Echo after its Client's Close: error %v, want one that matches net.ErrClosed", err)
	}
}

func (k *kit) noGoroutineLeft() {
	srv := k.Listen()
	for range 4 {
		c := k.Dial(srv.Addr())
		k.MustEcho(c, k.Request(16))
		k.CloseClient(c)
	}
	k.CloseServer(srv)
	var err error
	for range 3 { // each attempt waits about half a second for goroutines to end
		if err = goleak.Find(k.before); err == nil {
			return
		}
	}
	k.Error(err)
}
