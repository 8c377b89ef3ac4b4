//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// A dialer holds what a Client needs to connect, and to connect again.
type dialer struct {
	shared    *sharedContext
	context   *zmq4.Context
	endpoint  string
	ipv6      bool
	limit     payload.Size
	inFlight  int // the most bytes of messages that a DEALER socket has in flight
	poll      bool
	serverKey string // the server's public key for CURVE, in Z85; empty without CURVE
}

func (t *Transport) dial(ctx context.Context, addr string, limit payload.Size) (echo.Client, error) {
	hostPort, serverKey, err := t.serverKey(addr)
	if err != nil {
		return nil, err
	}
	endpoint, ipv6, err := endpoint(ctx, hostPort)
	if err != nil {
		return nil, err
	}
	z, err := t.clients.acquire()
	if err != nil {
		return nil, err
	}
	d := dialer{shared: &t.clients, context: z, endpoint: endpoint, ipv6: ipv6, limit: limit, inFlight: t.inFlight(limit), poll: t.polls(), serverKey: serverKey}
	var c echo.Client
	if t.Dealer {
		c, err = newMux(ctx, d)
	} else {
		c, err = newClient(ctx, d)
	}
	if err != nil {
		return nil, errors.Join(err, t.clients.release())
	}
	return c, nil
}

// serverKey splits an address into host:port and the public key of the server. The
// key is that of this Transport's own servers if the address has none.
func (t *Transport) serverKey(addr string) (hostPort, key string, err error) {
	hostPort, key, err = cutKey(addr)
	switch {
	case err != nil:
	case t.Curve && key == "":
		key, _, err = t.curve.get()
	case !t.Curve && key != "":
		err = errors.New("the address has a key, but the Transport is without Curve")
	}
	return hostPort, key, err
}

// hangUp releases the context. A Client calls it last, after it has closed its
// sockets.
func (d *dialer) hangUp() error {
	if err := d.shared.release(); err != nil {
		return fmt.Errorf("zmqecho: terminate the clients' context: %w", err)
	}
	return nil
}
