package trial

import (
	"context"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
)

// Listen starts a server, which is closed when the check ends.
func (t *Trial) Listen() echo.Server {
	t.Helper()
	srv, err := t.TryListen("")
	if err != nil {
		t.Fatalf("Listen: %v", err)
	}
	return srv
}

// TryListen is Listen for an address on which Listen may fail.
func (t *Trial) TryListen(addr string) (srv echo.Server, err error) {
	t.Helper()
	srv, err = opened(t, "Listen", func() (echo.Server, error) { return t.Transport.Listen(addr) }, func(late echo.Server) { late.Close() })
	if err == nil {
		t.Cleanup(func() { t.CloseServer(srv) })
	}
	return srv, err
}

// Dial connects a client, which is closed when the check ends.
func (t *Trial) Dial(addr string) echo.Client {
	t.Helper()
	c, err := t.TryDial(t.LongContext(), addr)
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	return c
}

// TryDial is Dial for a Dial that may fail.
func (t *Trial) TryDial(ctx context.Context, addr string) (c echo.Client, err error) {
	t.Helper()
	c, err = opened(t, "Dial", func() (echo.Client, error) { return t.Transport.Dial(ctx, addr) }, func(late echo.Client) { late.Close() })
	if err == nil {
		t.Cleanup(func() { t.CloseClient(c) })
	}
	return c, err
}

// DialAll connects as many clients as the transport wants for the given number
// of concurrent callers. Caller i uses client i modulo their number.
func (t *Trial) DialAll(addr string, callers int) []echo.Client {
	t.Helper()
	clients := make([]echo.Client, contract.Describe(t.Transport, callers).Clients)
	for i := range clients {
		clients[i] = t.Dial(addr)
	}
	return clients
}

// CloseServer closes srv, and fails the check if that hangs.
func (t *Trial) CloseServer(srv echo.Server) error {
	t.Helper()
	return t.Within("Close of a Server", srv.Close)
}

// CloseClient closes c, and fails the check if that hangs.
func (t *Trial) CloseClient(c echo.Client) error {
	t.Helper()
	return t.Within("Close of a Client", c.Close)
}
