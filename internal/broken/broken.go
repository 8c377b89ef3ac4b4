// Package broken has transports that each break a rule of the contract, to test
// that the conformance kit catches them. Each is a healthy tcp.Transport with
// one thing changed.
package broken

import (
	"context"
	"errors"
	"strings"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

// A Fault is a transport with a fault.
type Fault struct {
	// Name says what is wrong.
	Name string

	// Checks are the conformance checks that fail.
	Checks []string

	// AndOthers is set where more checks may fail, or too many to list.
	AndOthers bool

	// Slow is set where other checks would spend their time on hangs.
	Slow bool

	Transport echo.Transport
}

// maxSize is every transport's limit: small, so that Sizes is quick.
const maxSize payload.Size = 64 << 10

// Healthy returns a transport without a fault, made of the same parts.
func Healthy() echo.Transport { return &transport{} }

// Opaque returns a transport without a fault whose addresses are no host:port,
// as if it had nothing to do with TCP.
func Opaque() echo.Transport {
	opaque := func(addr string) string { return strings.Replace(addr, "127.0.0.1:", "no ", 1) }
	plain := func(addr string) string { return strings.Replace(addr, "no ", "127.0.0.1:", 1) }
	return &transport{
		listen: func(addr string) (echo.Server, error) { return healthy.Listen(plain(addr)) },
		server: func(next echo.Server) echo.Server {
			return &server{next: next, addr: func() string { return opaque(next.Addr()) }}
		},
		dial: func(ctx context.Context, addr string) (echo.Client, error) {
			if addr == plain(addr) {
				return nil, errors.New("broken: not one of its addresses")
			}
			return healthy.Dial(ctx, plain(addr))
		},
	}
}

// Unavailable returns a transport that can't be used.
func Unavailable() echo.Transport {
	return &transport{
		describe: func(d *echo.Description) { d.Unavailable = errors.New("it needs a part that is missing") },
		listen:   func(string) (echo.Server, error) { panic("used all the same") },
		dial:     func(context.Context, string) (echo.Client, error) { panic("used all the same") },
	}
}

// A transport is a healthy one but for what is set.
type transport struct {
	name     string
	describe func(*echo.Description)
	listen   func(addr string) (echo.Server, error)
	dial     func(ctx context.Context, addr string) (echo.Client, error)
	client   func(next echo.Client) echo.Client
	server   func(next echo.Server) echo.Server
}

var healthy = &tcp.Transport{MaxSize: maxSize}

func (t *transport) Name() string {
	if t.name != "" {
		return t.name
	}
	return "broken"
}

func (t *transport) Describe(workers int) echo.Description {
	d := healthy.Describe(workers)
	if t.describe != nil {
		t.describe(&d)
	}
	return d
}

func (t *transport) Listen(addr string) (echo.Server, error) {
	listen := t.listen
	if listen == nil {
		listen = healthy.Listen
	}
	srv, err := listen(addr)
	if err == nil && t.server != nil {
		srv = t.server(srv)
	}
	return srv, err
}

func (t *transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	dial := t.dial
	if dial == nil {
		dial = healthy.Dial
	}
	c, err := dial(ctx, addr)
	if err == nil && t.client != nil {
		c = t.client(c)
	}
	return c, err
}

// A server is next but for what is set.
type server struct {
	next  echo.Server
	addr  func() string
	close func() error
}

func (s *server) Addr() string {
	if s.addr != nil {
		return s.addr()
	}
	return s.next.Addr()
}

func (s *server) Close() error {
	if s.close != nil {
		return s.close()
	}
	return s.next.Close()
}

type echoFunc = func(ctx context.Context, req, reply *payload.Payload) error

// A client is next but for what is set.
type client struct {
	next  echo.Client
	echo  echoFunc
	close func() error
}

func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if c.echo != nil {
		return c.echo(ctx, req, reply)
	}
	return c.next.Echo(ctx, req, reply)
}

func (c *client) Close() error {
	if c.close != nil {
		return c.close()
	}
	return c.next.Close()
}

// echoing makes a transport whose Echo is made from a healthy one; make is
// called once a Client.
func echoing(make func(next echo.Client) echoFunc) echo.Transport {
	return &transport{client: func(next echo.Client) echo.Client {
		return &client{next: next, echo: make(next)}
	}}
}

// replying makes a transport that does something to each good reply.
func replying(change func(req, reply *payload.Payload)) echo.Transport {
	return echoing(func(next echo.Client) echoFunc {
		return func(ctx context.Context, req, reply *payload.Payload) error {
			err := next.Echo(ctx, req, reply)
			if err == nil {
				change(req, reply)
			}
			return err
		}
	})
}

// failing makes a transport that does something to each error.
func failing(change func(ctx context.Context, err error) error) echo.Transport {
	return echoing(func(next echo.Client) echoFunc {
		return func(ctx context.Context, req, reply *payload.Payload) error {
			err := next.Echo(ctx, req, reply)
			if err != nil {
				err = change(ctx, err)
			}
			return err
		}
	})
}

// closing makes a transport whose Clients' Close is made from a healthy one.
func closing(make func(next echo.Client) func() error) echo.Transport {
	return &transport{client: func(next echo.Client) echo.Client {
		return &client{next: next, close: make(next)}
	}}
}

// serving makes a transport whose Servers' Close is made from a healthy one.
func serving(make func(next echo.Server) func() error) echo.Transport {
	return &transport{server: func(next echo.Server) echo.Server {
		return &server{next: next, close: make(next)}
	}}
}
