//go:build cgo && !nozmq

// Package dealer is an echo.Client over one ZeroMQ DEALER socket, on which any number
// of callers have requests in flight at the same time.
package dealer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/zmqecho/internal/poll"
	"github.com/echobench/echobench/zmqecho/internal/socket"
)

// MaxInFlight is the maximum number of requests that a DEALER socket has in flight;
// further requests wait. It is half of what libzmq's queue holds, so that it never fills
// the queue: libzmq learns that a full queue has room again only when half of it is free.
const MaxInFlight = socket.RepliesHWM / 2

// batch is how many replies the owner receives before it looks for requests.
const batch = 64

// delimiter ends the envelope of a message.
var delimiter = []byte{}

// A Client has one goroutine, the owner, which runs own and is the only one that uses
// the socket. Callers queue their requests for it and wait on channels.
type Client struct {
	dialer  socket.Dialer
	wake    chan struct{} // tells the owner to look for work; of capacity 1
	event   atomic.Bool   // something may have happened to the connection
	calls   sync.Pool     // of *call; no two of them share a channel
	running sync.WaitGroup

	mu    sync.Mutex
	queue []*call // requests for the owner to send
	over  bool    // the owner has stopped, and no more requests may be queued

	once   sync.Once
	ended  chan struct{} // closed when the owner must stop
	cause  error         // why; may be read once ended is closed
	closed atomic.Bool

	// The owner alone uses these fields.
	conn    *socket.Conn
	backlog []*call          // taken from the queue and not sent yet
	flight  map[uint64]*call // requests that have been sent, by their numbers
	number  uint64           // the number of the latest request
}

var _ echo.Pipeliner = (*Client)(nil)

// A call is one request and its reply.
type call struct {
	request   []byte
	done      chan *call  // receives the call once message or err is set; never blocks
	abandoned atomic.Bool // nobody waits for the reply any more

	message []byte
	err     error
}

// New connects. The Client's Close releases the dialer's context; if New returns an
// error, this is left to the caller.
func New(ctx context.Context, d socket.Dialer) (*Client, error) {
	c := &Client{dialer: d, wake: make(chan struct{}, 1), ended: make(chan struct{}), flight: map[uint64]*call{}}
	c.calls.New = func() any { return &call{done: make(chan *call, 1)} }
	var err error
	if c.conn, err = d.Connect(ctx, context.Background(), zmq4.DEALER); err != nil {
		return nil, err
	}
	messages, err := poll.NewDescriptor(c.conn.Socket)
	if err != nil {
		c.conn.Close()
		return nil, err
	}
	events, err := poll.NewDescriptor(c.conn.Events)
	if err != nil {
		messages.Close()
		c.conn.Close()
		return nil, err
	}
	c.running.Go(func() { c.run(messages, events) })
	return c, nil
}

// Echo implements [echo.Client].
func (c *Client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := check.Data("zmqecho", req.Data, c.dialer.Limit); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("zmqecho: %w", err)
	}
	call := c.calls.Get().(*call)
	if err := c.start(call, req); err != nil {
		return err
	}
	select {
	case <-call.done:
	case <-ctx.Done():
		call.abandoned.Store(true)
		return fmt.Errorf("zmqecho: %w", ctx.Err())
	}
	err := c.finish(call, reply)
	c.calls.Put(call)
	return err
}

// start queues a call that sends req.
func (c *Client) start(call *call, req *payload.Payload) error {
	call.request = payload.Append(call.request[:0], req)
	c.mu.Lock()
	if c.over {
		c.mu.Unlock()
		return c.endedError()
	}
	c.queue = append(c.queue, call)
	first := len(c.queue) == 1
	c.mu.Unlock()
	if first {
		c.wakeOwner()
	}
	return nil
}

// finish decodes the message that a call has received into reply.
func (c *Client) finish(call *call, reply *payload.Payload) error {
	message, err := call.message, call.err
	call.message, call.err = nil, nil
	if err != nil {
		return err
	}
	return socket.Decode(message, reply, c.dialer.Limit)
}

// wakeOwner makes the owner look for work.
func (c *Client) wakeOwner() {
	select {
	case c.wake <- struct{}{}:
	default: // the owner has been told already
	}
}

// end makes the owner stop. All calls, in flight and later, return cause.
func (c *Client) end(cause error) {
	c.once.Do(func() {
		c.cause = cause
		close(c.ended)
	})
}

// endedError returns the error of every call once ended is closed.
func (c *Client) endedError() error {
	if c.closed.Load() {
		return fmt.Errorf("zmqecho: %w", net.ErrClosed)
	}
	return fmt.Errorf("zmqecho: %w", c.cause)
}

// Close implements [echo.Client].
func (c *Client) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.end(net.ErrClosed)
	c.running.Wait()
	return c.dialer.Close()
}

// run is the owner's goroutine. It returns when the Client has ended and everything
// is closed. The descriptors are those of the DEALER socket and of its monitor.
func (c *Client) run(messages, events *poll.Descriptor) {
	var notifiers sync.WaitGroup
	notifiers.Go(func() {
		messages.Until(func(uintptr) bool {
			c.wakeOwner()
			return false
		})
	})
	notifiers.Go(func() {
		events.Until(func(uintptr) bool {
			c.event.Store(true)
			c.wakeOwner()
			return false
		})
	})
	c.own()
	messages.Close()
	events.Close()
	notifiers.Wait()
	c.conn.Close()
}

// own sends and receives until the Client ends.
func (c *Client) own() {
	for {
		select {
		case <-c.wake:
		case <-c.ended:
		}
		for worked := true; worked; {
			select {
			case <-c.ended:
				c.stop()
				return
			default:
			}
			sent, errSend := c.send()
			received, errReceive := c.receive()
			if err := errors.Join(errSend, errReceive); err != nil {
				c.end(err)
			} else if c.event.Swap(false) && c.conn.Lost() {
				c.end(socket.ErrLost)
			}
			worked = sent+received > 0
		}
	}
}

// send sends as many queued requests as MaxInFlight permits.
func (c *Client) send() (n int, err error) {
	c.mu.Lock()
	c.backlog = append(c.backlog, c.queue...)
	clear(c.queue)
	c.queue = c.queue[:0]
	c.mu.Unlock()
	for n < len(c.backlog) && len(c.flight) < MaxInFlight {
		call := c.backlog[n]
		if !call.abandoned.Load() {
			c.number++
			if err = c.ask(c.number, call.request); err != nil {
				break
			}
			c.flight[c.number] = call
		}
		n++
	}
	rest := copy(c.backlog, c.backlog[n:])
	clear(c.backlog[rest:])
	c.backlog = c.backlog[:rest]
	if socket.Again(err) {
		err = nil // the owner is woken once there is room
	}
	return n, err
}

// ask sends a request. libzmq accepts all parts of a message or none.
func (c *Client) ask(number uint64, request []byte) error {
	s := c.conn.Socket
	if _, err := s.SendBytes(binary.BigEndian.AppendUint64(nil, number), zmq4.DONTWAIT|zmq4.SNDMORE); err != nil {
		return err
	}
	if _, err := s.SendBytes(delimiter, zmq4.DONTWAIT|zmq4.SNDMORE); err != nil {
		return err
	}
	_, err := s.SendBytes(request, zmq4.DONTWAIT)
	return err
}

// receive passes up to a batch of replies to their callers.
func (c *Client) receive() (n int, err error) {
	for ; n < batch; n++ {
		parts, err := c.conn.Socket.RecvMessageBytes(zmq4.DONTWAIT)
		if socket.Again(err) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if len(parts) != 3 || len(parts[0]) != 8 || len(parts[1]) != 0 {
			return n, fmt.Errorf("the server sent a message of %d parts that is not a reply", len(parts))
		}
		number := binary.BigEndian.Uint64(parts[0])
		if call := c.flight[number]; call != nil {
			delete(c.flight, number)
			call.message = parts[2]
			call.done <- call
		}
	}
	return n, nil
}

// stop ends all calls, in flight and queued.
func (c *Client) stop() {
	c.mu.Lock()
	c.over = true
	calls := append(c.backlog, c.queue...)
	c.queue = nil
	c.mu.Unlock()
	for _, call := range c.flight {
		calls = append(calls, call)
	}
	for _, call := range calls {
		call.err = c.endedError()
		call.done <- call
	}
}
