package echotest

import (
	"context"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
)

// listen starts a server, which is closed when the check ends.
func (k *kit) listen() echo.Server {
	k.Helper()
	srv, err := k.tryListen("")
	if err != nil {
		k.Fatalf("Listen: %v", err)
	}
	return srv
}

// tryListen is listen for an address on which Listen may fail.
func (k *kit) tryListen(addr string) (srv echo.Server, err error) {
	k.Helper()
	err = k.within("Listen", func() (err error) { srv, err = k.tr.Listen(addr); return })
	if err == nil {
		k.Cleanup(func() { k.closeServer(srv) })
	}
	return srv, err
}

// dial connects a client, which is closed when the check ends.
func (k *kit) dial(addr string) echo.Client {
	k.Helper()
	c, err := k.tryDial(k.longContext(), addr)
	if err != nil {
		k.Fatalf("Dial: %v", err)
	}
	return c
}

// tryDial is dial for a Dial that may fail.
func (k *kit) tryDial(ctx context.Context, addr string) (c echo.Client, err error) {
	k.Helper()
	err = k.within("Dial", func() (err error) { c, err = k.tr.Dial(ctx, addr); return })
	if err == nil {
		k.Cleanup(func() { k.closeClient(c) })
	}
	return c, err
}

// dialAll connects as many clients as the transport wants for the given number
// of concurrent callers. Caller i uses client i modulo their number.
func (k *kit) dialAll(addr string, callers int) []echo.Client {
	k.Helper()
	clients := make([]echo.Client, contract.Describe(k.tr, callers).Clients)
	for i := range clients {
		clients[i] = k.dial(addr)
	}
	return clients
}

func (k *kit) closeServer(srv echo.Server) error {
	k.Helper()
	return k.within("Close of a Server", srv.Close)
}

func (k *kit) closeClient(c echo.Client) error {
	k.Helper()
	return k.within("Close of a Client", c.Close)
}
