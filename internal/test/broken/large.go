package broken

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// largeSize is the MaxSize of the transports here. Data of that size does not fit
// the buffers of the kernel.
const largeSize payload.Size = 4 << 20

// largeFaults returns transports that cannot end a write to a peer that has stopped
// reading.
func largeFaults() []Fault {
	fault := func(name string, tr *transport) Fault {
		tr.describe = func(d *echo.Description) { d.Clients, d.MaxSize = 1, largeSize }
		return Fault{Name: name, Checks: []string{"LargeInFlight"}, Alone: true, Slow: true, Transport: tr}
	}
	return []Fault{
		fault("net/rpc without a guard for writes", &transport{listen: listenRPC, dial: dialRPC}),
		fault("writes under a lock, and looks at the context only then", &transport{listen: listenLarge, dial: dialLocked(false)}),
		fault("Close waits for the lock of writes", &transport{listen: listenLarge, dial: dialLocked(true)}),
		fault("server's Close waits until answers are written", &transport{listen: listenPatiently, dial: dialLocked(false)}),
	}
}

func listenLarge(addr string) (echo.Server, error) {
	l, err := stream.Listen("broken", addr)
	if err != nil {
		return nil, err
	}
	return stream.Serve(l, func(conn net.Conn) { stream.Answer(stream.NewFrameCodec(conn, largeSize), largeSize) }), nil
}

// listenPatiently starts a server whose Close waits until the replies that it is
// writing have been written.
func listenPatiently(addr string) (echo.Server, error) {
	l, err := stream.Listen("broken", addr)
	if err != nil {
		return nil, err
	}
	var writing atomic.Int64 // handlers
	srv := stream.Serve(l, func(conn net.Conn) {
		codec := stream.NewFrameCodec(conn, largeSize)
		var p payload.Payload
		for codec.Read(&p) == nil {
			payload.Stamp(&p)
			writing.Add(1)
			err := codec.Write(&p)
			writing.Add(-1)
			if err != nil {
				return
			}
		}
	})
	return &server{next: srv, close: func() error {
		for writing.Load() > 0 {
			time.Sleep(time.Millisecond)
		}
		return srv.Close()
	}}, nil
}

// A lockedClient sends requests one after another, under a lock, and receives the
// answers in a goroutine, as ttrpc does. Nothing but Close ends a write.
type lockedClient struct {
	conn        net.Conn
	patient     bool       // Close waits for the lock
	mu          sync.Mutex // held while a request is written
	closed      context.Context
	closeCalls  context.CancelCauseFunc
	waitingLock sync.Mutex
	waiting     map[uint64]chan *payload.Payload
}

func dialLocked(patient bool) func(context.Context, string) (echo.Client, error) {
	return func(ctx context.Context, addr string) (echo.Client, error) {
		conn, err := stream.Dial(ctx, "broken", addr)
		if err != nil {
			return nil, err
		}
		c := &lockedClient{conn: conn, patient: patient, waiting: map[uint64]chan *payload.Payload{}}
		c.closed, c.closeCalls = context.WithCancelCause(context.Background())
		go c.receive()
		return c, nil
	}
}

func (c *lockedClient) receive() {
	codec := stream.NewFrameCodec(c.conn, largeSize)
	for {
		p := new(payload.Payload)
		if err := codec.Read(p); err != nil {
			c.closeCalls(err)
			return
		}
		c.waitingLock.Lock()
		if answer := c.waiting[p.Id]; answer != nil {
			answer <- p
		}
		c.waitingLock.Unlock()
	}
}

func (c *lockedClient) Echo(ctx context.Context, req, reply *payload.Payload) error {
	answer := make(chan *payload.Payload, 1)
	c.waitingLock.Lock()
	c.waiting[req.Id] = answer
	c.waitingLock.Unlock()
	if err := c.write(req); err != nil {
		return err
	}
	select {
	case p := <-answer:
		reply.Id, reply.Data, reply.Timestamp = p.Id, p.Data, p.Timestamp
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.closed.Done():
		return context.Cause(c.closed)
	}
}

func (c *lockedClient) write(req *payload.Payload) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.conn.Write(stream.AppendFrame(nil, req))
	return err
}

func (c *lockedClient) Close() error {
	c.closeCalls(net.ErrClosed)
	if c.patient {
		c.mu.Lock()
		defer c.mu.Unlock()
	}
	c.conn.SetDeadline(time.Unix(1, 0))
	c.conn.Close()
	return nil
}
