package broken

import (
	"context"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

// maxSize is the MaxSize of every transport. It is small, so that the Sizes check
// takes little time.
const maxSize payload.Size = 64 << 10

// healthy is the transport that all others are made from.
var healthy = &tcp.Transport{MaxSize: maxSize}

// A transport works as healthy does, except for the parts that are set.
type transport struct {
	name     string
	describe func(*echo.Description)                                     // changes healthy's Description
	listen   func(addr string) (echo.Server, error)                      // replaces Listen
	dial     func(ctx context.Context, addr string) (echo.Client, error) // replaces Dial
	client   func(next echo.Client) echo.Client                          // wraps each Client
	server   func(next echo.Server) echo.Server                          // wraps each Server
}

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

// A server works as next does, except for the methods that are set.
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

// A client works as next does, except for the methods that are set.
type client struct {
	next  echo.Client
	echo  echoFunc
	close func() error
}

type echoFunc = func(ctx context.Context, req, reply *payload.Payload) error

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

// withEcho returns a transport whose Clients have another Echo. wrap makes it
// from a working Client, and is called once for each Client.
func withEcho(wrap func(next echo.Client) echoFunc) *transport {
	return &transport{client: func(next echo.Client) echo.Client {
		return &client{next: next, echo: wrap(next)}
	}}
}

// withReply returns a transport that changes each reply of a successful Echo.
func withReply(change func(req, reply *payload.Payload)) *transport {
	return withEcho(func(next echo.Client) echoFunc {
		return func(ctx context.Context, req, reply *payload.Payload) error {
			err := next.Echo(ctx, req, reply)
			if err == nil {
				change(req, reply)
			}
			return err
		}
	})
}

// withError returns a transport that changes each error of Echo.
func withError(change func(ctx context.Context, err error) error) *transport {
	return withEcho(func(next echo.Client) echoFunc {
		return func(ctx context.Context, req, reply *payload.Payload) error {
			err := next.Echo(ctx, req, reply)
			if err != nil {
				err = change(ctx, err)
			}
			return err
		}
	})
}

// A closer is a Client or a Server.
type closer interface{ Close() error }

// withClientClose returns a transport whose Clients have another Close, which
// wrap makes from a working Client.
func withClientClose(wrap func(next closer) func() error) *transport {
	return &transport{client: func(next echo.Client) echo.Client {
		return &client{next: next, close: wrap(next)}
	}}
}

// withServerClose returns a transport whose Servers have another Close, which
// wrap makes from a working Server.
func withServerClose(wrap func(next closer) func() error) *transport {
	return &transport{server: func(next echo.Server) echo.Server {
		return &server{next: next, close: wrap(next)}
	}}
}
