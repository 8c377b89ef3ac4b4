package soak

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"github.com/echobench/echobench/tcp"
)

// A faulty transport is tcp with a fault. Its functions are called, if they are not nil,
// in place of or after what tcp does.
type faulty struct {
	*tcp.Transport
	listen func(addr string) (echo.Server, error)
	dialed func() error
	echoed func(ctx context.Context, reply *payload.Payload, err error) error
	closed func()
}

func (f *faulty) Listen(addr string) (echo.Server, error) {
	if f.listen != nil {
		return f.listen(addr)
	}
	return f.Transport.Listen(addr)
}

func (f *faulty) Dial(ctx context.Context, addr string) (echo.Client, error) {
	c, err := f.Transport.Dial(ctx, addr)
	if err == nil && f.dialed != nil {
		if err = f.dialed(); err != nil {
			c.Close()
		}
	}
	return &faultyClient{c, f}, err
}

type faultyClient struct {
	echo.Client
	of *faulty
}

func (c *faultyClient) Echo(ctx context.Context, req, reply *payload.Payload) error {
	err := c.Client.Echo(ctx, req, reply)
	if c.of.echoed != nil {
		err = c.of.echoed(ctx, reply, err)
	}
	return err
}

func (c *faultyClient) Close() error {
	if c.of.closed != nil {
		c.of.closed()
	}
	return c.Client.Close()
}

// soakFaulty tries a faulty transport for a short time and expects a failure that
// contains want, the variant and the seed.
func soakFaulty(t *testing.T, f *faulty, phases int, want string) {
	t.Helper()
	f.Transport = new(tcp.Transport)
	s := Soak{
		Strict:   true,
		Variants: []echo.Variant{{Name: "faulty", Transport: f}},
		Seed:     1,
		Length:   time.Second,
		Phases:   phases,
		Callers:  10,
		Slack:    250 * time.Millisecond,
	}
	var failures string
	for range 3 { // on a busy machine something else may fail first
		failures = strings.Join(s.Run().Failures, "\n")
		if strings.Contains(failures, want) && strings.Contains(failures, ", seed 1: ") {
			return
		}
	}
	t.Errorf("failures:\n%s\nwant one that contains %q", failures, want)
}

// TestSoakFindsFaults: each faulty transport fails for its own reason.
func TestSoakFindsFaults(t *testing.T) {
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	var turn sync.Mutex
	for _, c := range []struct {
		name, want string
		faulty     *faulty
	}{
		{"wrong data", "faulty, seed 1: Echo of id", &faulty{echoed: func(_ context.Context, reply *payload.Payload, err error) error {
			if err == nil && len(reply.Data) > 100 {
				reply.Data[100]++
			}
			return err
		}}},
		{"an old answer in place of an error", "wrong reply: id", &faulty{echoed: func(_ context.Context, reply *payload.Payload, _ error) error {
			return nil
		}}},
		{"a hang after an error", "calls have not returned", &faulty{echoed: func(_ context.Context, _ *payload.Payload, err error) error {
			if err != nil {
				<-end
			}
			return err
		}}},
		{"errors that are late", "after the end of its context, want 250ms at most", &faulty{echoed: func(_ context.Context, _ *payload.Payload, err error) error {
			if err != nil {
				time.Sleep(1600 * time.Millisecond)
			}
			return err
		}}},
		{"context.Canceled without a reason", "matches context.Canceled, and", &faulty{echoed: func(_ context.Context, _ *payload.Payload, err error) error {
			if err != nil {
				err = context.Canceled
			}
			return err
		}}},
		{"context.DeadlineExceeded without a reason", "before the deadline", &faulty{echoed: func(_ context.Context, _ *payload.Payload, err error) error {
			if err != nil {
				err = context.DeadlineExceeded
			}
			return err
		}}},
		{"echo.ErrTooLarge without a reason", "matches echo.ErrTooLarge", &faulty{echoed: func(_ context.Context, _ *payload.Payload, err error) error {
			if err != nil {
				err = echo.ErrTooLarge
			}
			return err
		}}},
		{"a slow Close", "Close of a client took", &faulty{closed: func() { time.Sleep(600 * time.Millisecond) }}},
		{"a server for one client at a time", "a new client, ", &faulty{listen: oneAtATime(&turn)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			soakFaulty(t, c.faulty, 1, c.want)
		})
	}
}

// oneAtATime returns the Listen of a server that answers one connection at a time.
func oneAtATime(turn *sync.Mutex) func(string) (echo.Server, error) {
	return func(addr string) (echo.Server, error) {
		l, err := stream.Listen("faulty", addr)
		if err != nil {
			return nil, err
		}
		return stream.Serve(l, func(conn net.Conn) {
			turn.Lock()
			defer turn.Unlock()
			stream.Answer(stream.NewFrameCodec(conn, 4<<20), 4<<20)
		}), nil
	}
}

// TestSoakFindsABrokenServer: the server stops answering all its clients when one of
// its connections fails.
func TestSoakFindsABrokenServer(t *testing.T) {
	end := make(chan struct{})
	defer close(end)
	var broken sync.RWMutex
	f := &faulty{listen: func(addr string) (echo.Server, error) {
		l, err := stream.Listen("faulty", addr)
		if err != nil {
			return nil, err
		}
		return stream.Serve(l, func(conn net.Conn) {
			codec := stoppable{stream.NewFrameCodec(conn, 4<<20), &broken}
			stream.Answer(codec, 4<<20)
			broken.Lock()
			<-end
			broken.Unlock()
		}), nil
	}}
	soakFaulty(t, f, 1, "the direct client, after ")
}

// A stoppable codec does not write while broken is locked.
type stoppable struct {
	stream.Codec
	broken *sync.RWMutex
}

func (c stoppable) Write(p *payload.Payload) error {
	c.broken.RLock()
	defer c.broken.RUnlock()
	return c.Codec.Write(p)
}

func TestSoakFindsGoroutines(t *testing.T) {
	end := make(chan struct{})
	soakFaulty(t, &faulty{dialed: func() error {
		go func() { <-end }()
		return nil
	}}, 1, " goroutines are left")
	close(end)
}

func TestSoakFindsDescriptors(t *testing.T) {
	if countHoldings().files == 0 {
		t.Skip("this system does not list the descriptors of a process")
	}
	var mu sync.Mutex
	var files []*os.File
	soakFaulty(t, &faulty{dialed: func() error {
		f, err := os.Open(os.DevNull)
		mu.Lock()
		defer mu.Unlock()
		files = append(files, f)
		return err
	}}, 1, " file descriptors are left")
	for _, f := range files {
		f.Close()
	}
}

func TestSoakFindsMemory(t *testing.T) {
	var mu sync.Mutex
	var kept [][]byte
	soakFaulty(t, &faulty{closed: func() {
		mu.Lock()
		defer mu.Unlock()
		kept = append(kept, make([]byte, 1<<20))
	}}, memoryPhases, "the live memory has grown")
	if len(kept) == 0 {
		t.Error("no client was closed")
	}
}

func TestSoakReportsListenErrors(t *testing.T) {
	soakFaulty(t, &faulty{listen: func(string) (echo.Server, error) {
		return nil, errors.New("no server")
	}}, 1, "faulty, seed 1: listen: no server")
}
