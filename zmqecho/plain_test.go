//go:build cgo && !nozmq && unix

package zmqecho

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/benchkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/zmqecho/internal/poll"
	"github.com/echobench/echobench/zmqecho/internal/socket"
)

// BenchmarkOverPlain compares the default variant with the shortest echo over zmq4 that
// has the same options and waits in the same way. The difference is what contexts, lost
// connections, checks and errors cost.
func BenchmarkOverPlain(b *testing.B) {
	b.Setenv("ECHOBENCH_RULES", "off") // side B breaks rules on purpose
	echobench.Duel{
		A:           Variants()[0],
		B:           echo.Variant{Name: "plain", Transport: new(plain)},
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 50, 500},
		Slice:       200 * time.Millisecond, // each slice has new contexts, which side A begins to watch
	}.Run(b)
}

// A plain is an echo over zmq4 that is as short as it can be. It has one server at a
// time, whose clients share a context.
type plain struct{ clients *zmq4.Context }

func (t *plain) Name() string { return "plain" }

// plainSocket opens a socket with the options of both ends of the default variant.
func plainSocket(z *zmq4.Context, kind zmq4.Type, sendHWM, receiveHWM int) (*zmq4.Socket, error) {
	s, err := z.NewSocket(kind)
	if err != nil {
		return nil, err
	}
	return s, errors.Join(s.SetLinger(0), s.SetMaxmsgsize(4<<20+payload.Overhead), s.SetSndhwm(sendHWM), s.SetRcvhwm(receiveHWM))
}

type plainServer struct {
	server, clients *zmq4.Context
	addr            string
	done            chan struct{}
}

func (t *plain) Listen(string) (echo.Server, error) {
	server, err := zmq4.NewContext()
	if err != nil {
		return nil, err
	}
	if t.clients, err = zmq4.NewContext(); err != nil {
		return nil, err
	}
	rep, err := plainSocket(server, zmq4.REP, socket.RepliesHWM, socket.RequestsHWM)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(t.clients.SetMaxSockets(socket.MaxSockets), rep.SetBacklog(backlog), rep.SetHandshakeIvl(handshakeTimeout),
		rep.SetZapDomain("echobench"), rep.Bind("tcp://127.0.0.1:*")); err != nil {
		return nil, err
	}
	addr, err := rep.GetLastEndpoint()
	s := &plainServer{server: server, clients: t.clients, addr: addr, done: make(chan struct{})}
	go s.serve(rep)
	return s, err
}

func (s *plainServer) serve(rep *zmq4.Socket) {
	defer close(s.done)
	defer rep.Close()
	var p payload.Payload
	var out []byte
	for {
		request, err := rep.RecvBytes(0)
		if err != nil && !socket.Again(err) {
			return
		}
		if err == nil && payload.Unmarshal(request, &p) == nil {
			payload.Stamp(&p)
			out = payload.Append(out[:0], &p)
			rep.SendBytes(out, 0)
		}
	}
}

func (s *plainServer) Addr() string { return s.addr }

func (s *plainServer) Close() error {
	err := errors.Join(s.server.Term(), s.clients.Term())
	<-s.done
	return err
}

type plainClient struct {
	req *zmq4.Socket
	*poll.Descriptor
	try     func(uintptr) bool
	message []byte
	err     error
	out     []byte
}

func (t *plain) Dial(_ context.Context, addr string) (echo.Client, error) {
	req, err := plainSocket(t.clients, zmq4.REQ, socket.RepliesHWM, socket.RepliesHWM)
	if err != nil {
		return nil, err
	}
	c := &plainClient{req: req}
	c.try = func(uintptr) bool {
		c.message, c.err = req.RecvBytes(zmq4.DONTWAIT)
		return !socket.Again(c.err)
	}
	if err := req.Connect(addr); err != nil {
		return nil, err
	}
	c.Descriptor, err = poll.NewDescriptor(req)
	return c, err
}

func (c *plainClient) Echo(_ context.Context, req, reply *payload.Payload) error {
	c.out = payload.Append(c.out[:0], req)
	if _, err := c.req.SendBytes(c.out, 0); err != nil {
		return err
	}
	if err := errors.Join(c.Until(c.try), c.err); err != nil {
		return err
	}
	return payload.Unmarshal(c.message, reply)
}

func (c *plainClient) Close() error {
	c.Descriptor.Close()
	return c.req.Close()
}
