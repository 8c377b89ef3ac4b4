package tcp

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
)

const (
	// queuesMax is how many queues a connection has at most: with more, there
	// would be little in each when the writer comes.
	queuesMax = 8

	// batchMax is how many replies are matched before the first is handed out.
	batchMax = 256

	// cancelEvery is how often a connection looks for calls whose contexts have
	// ended; the second look ends them. Were each call to wait for its context too,
	// in a select, a small echo would take a fifth longer.
	cancelEvery = 10 * time.Millisecond
)

// A mux is a Client of one multiplexed connection, for any number of callers.
// A caller encodes its request into a queue that it shares with others and waits;
// one goroutine writes what is in the queues, another reads the replies.
type mux struct {
	conn    net.Conn      // closed to end everything
	wire    io.ReadWriter // conn, or TLS on it
	limit   payload.Size
	running sync.WaitGroup
	calls   sync.Pool // of *call that nobody waits for

	queues []queue
	near   sync.Pool     // of *queue, see send
	wake   chan struct{} // gets a value when there is something to write

	mu     sync.Mutex
	err    error         // why the connection is of no use any more
	broken chan struct{} // closed once err is set and every call has it
}

func newMux(conn net.Conn, wire io.ReadWriter, limit payload.Size) *mux {
	m := &mux{conn: conn, wire: wire, limit: limit, wake: make(chan struct{}, 1), broken: make(chan struct{})}
	m.queues = make([]queue, min(runtime.GOMAXPROCS(0), queuesMax))
	for i := range m.queues {
		m.queues[i].index = uint32(i)
		m.queues[i].room = pendingMax / len(m.queues)
	}
	m.calls.New = func() any { return newCall(make(chan *call, 1)) }
	var next atomic.Uint32
	m.near.New = func() any { return &m.queues[int(next.Add(1))%len(m.queues)] }
	m.running.Go(m.write)
	m.running.Go(m.read)
	m.running.Go(m.cancel)
	return m
}

// Echo implements [echo.Client].
func (m *mux) Echo(ctx context.Context, req, reply *payload.Payload) error {
	c := m.calls.Get().(*call)
	c.ctx, c.reply = ctx, reply
	err := m.send(ctx, c, req)
	if err == nil {
		<-c.done
		err = c.err
	}
	c.ctx, c.reply, c.err = nil, nil, nil
	m.calls.Put(c)
	return err
}

// send puts c and req in a queue. After an error nobody knows of c any more.
//
// A sync.Pool keeps what it is given for each processor apart, so callers on one
// processor find the queue that the last there has used, and its memory in that
// processor's cache.
func (m *mux) send(ctx context.Context, c *call, req *payload.Payload) error {
	if err := check.Data("tcp", req.Data, m.limit); err != nil {
		return err
	}
	q := m.near.Get().(*queue)
	first, err := q.put(ctx, c, req)
	m.near.Put(q)
	if first {
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
	return err
}

// forget makes a reply to c, should it come, nobody's.
func (m *mux) forget(c *call) { m.queues[queueOf(c.number)].forget(c) }

// write writes what callers have put into the queues, each queue's in one call.
func (m *mux) write() {
	batches := make([][]byte, len(m.queues))
	for {
		select {
		case <-m.wake:
		case <-m.broken:
			return
		}
		// Let those that are about to send do so first: with many callers this
		// saves most of the system calls, and with one it costs nearly nothing.
		runtime.Gosched()
		for i := range m.queues {
			batches[i] = m.queues[i].swap(batches[i])
		}
		for _, batch := range batches {
			if len(batch) == 0 {
				continue
			}
			if _, err := m.wire.Write(batch); err != nil {
				m.fail(err)
				return
			}
		}
	}
}

// read hands the replies out, in whatever order they come. One that nobody
// waits for any more is dropped.
func (m *mux) read() {
	type arrived struct {
		number uint64
		body   []byte
		call   *call
	}
	r := newMuxReader(m.wire, m.limit)
	var batch []arrived
	for {
		number, body, err := r.next()
		if err == io.EOF {
			err = fmt.Errorf("the server closed the connection: %w", io.ErrUnexpectedEOF)
		}
		if err != nil {
			m.fail(err)
			return
		}
		batch = append(batch[:0], arrived{number, body, nil})
		for len(batch) < batchMax && r.ready() {
			if number, body, err = r.next(); err != nil {
				break // it will be so again
			}
			batch = append(batch, arrived{number, body, nil})
		}
		var locked *queue
		for i := range batch {
			a := &batch[i]
			j := int(queueOf(a.number))
			if j >= len(m.queues) {
				continue
			}
			if q := &m.queues[j]; q != locked { // they mostly come queue by queue
				if locked != nil {
					locked.mu.Unlock()
				}
				q.mu.Lock()
				locked = q
			}
			a.call = locked.take(a.number)
		}
		if locked != nil {
			locked.mu.Unlock()
		}
		for _, a := range batch {
			if a.call == nil {
				continue
			}
			err := decode(a.body, a.call.reply)
			if err != nil {
				err = fmt.Errorf("tcp: %w", err)
			}
			a.call.end(err)
			if err != nil {
				m.fail(err)
			}
		}
	}
}

// cancel ends the calls whose contexts have ended.
func (m *mux) cancel() {
	tick := time.NewTicker(cancelEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			for i := range m.queues {
				m.queues[i].cancel()
			}
		case <-m.broken:
			return
		}
	}
}

// fail ends the connection and, with the cause, every call on it.
func (m *mux) fail(cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return
	}
	m.err = cause
	m.conn.Close()
	for i := range m.queues {
		m.queues[i].end(fmt.Errorf("tcp: %w", cause), fmt.Errorf("tcp: the connection is broken: %v", cause))
	}
	close(m.broken)
}

// Close implements [echo.Client].
func (m *mux) Close() error {
	m.fail(net.ErrClosed)
	closed := fmt.Errorf("tcp: %w", net.ErrClosed)
	for i := range m.queues {
		m.queues[i].end(closed, closed)
	}
	m.running.Wait()
	return nil
}

// cause is why the connection is of no use any more.
func (m *mux) cause() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}
