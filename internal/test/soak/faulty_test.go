package soak

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
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

// soakFaulty tries a faulty transport for a short time. It returns an error unless there
// are failures that contain each of want, the variant and the seed.
func soakFaulty(f *faulty, length time.Duration, phases int, want ...string) error {
	f.Transport = new(tcp.Transport)
	s := Soak{
		Strict:   true,
		Variants: []echo.Variant{{Name: "faulty", Transport: f}},
		Seed:     1,
		Length:   length,
		Phases:   phases,
		Callers:  10,
		Timeout:  time.Second,
		Slack:    250 * time.Millisecond,
	}
	var failures string
	for range 3 { // on a busy machine something else may fail first
		failures = strings.Join(s.Run().Failures, "\n")
		missing := func(text string) bool { return !strings.Contains(failures, text) }
		if !slices.ContainsFunc(append(want, ", seed 1: "), missing) {
			return nil
		}
	}
	return fmt.Errorf("failures:\n%s\nwant some that contain %q", failures, want)
}

// TestSoakFindsFaults: each faulty transport fails for its own reason.
func TestSoakFindsFaults(t *testing.T) {
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	var turn sync.Mutex
	cases := []struct {
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
		{"a slow Close", "Close of a client took", &faulty{closed: func() { time.Sleep(400 * time.Millisecond) }}},
		{"a server for one client at a time", "a new client, ", &faulty{listen: oneAtATime(&turn)}},
		{"a server that one broken connection stops", "the direct client, after ", &faulty{listen: stopsWhenBroken(end)}},
	}
	results := make([]chan error, len(cases))
	for i, c := range cases { // all at once, because they mostly wait
		results[i] = make(chan error, 1)
		go func() { results[i] <- soakFaulty(c.faulty, time.Second, 1, c.want) }()
	}
	for i, c := range cases {
		if err := <-results[i]; err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
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

// stopsWhenBroken returns the Listen of a server that stops answering all its clients,
// until end is closed, when one of its connections fails.
func stopsWhenBroken(end chan struct{}) func(string) (echo.Server, error) {
	var broken sync.RWMutex
	return func(addr string) (echo.Server, error) {
		l, err := stream.Listen("faulty", addr)
		if err != nil {
			return nil, err
		}
		return stream.Serve(l, func(conn net.Conn) {
			stream.Answer(stoppable{stream.NewFrameCodec(conn, 4<<20), &broken}, 4<<20)
			broken.Lock()
			<-end
			broken.Unlock()
		}), nil
	}
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

func TestSoakFindsLeaks(t *testing.T) {
	want := []string{" goroutines are left", " file descriptors are left"}
	if countHoldings().files == 0 { // this system does not list the descriptors of a process
		want = want[:1]
	}
	end := make(chan struct{})
	defer close(end)
	var mu sync.Mutex
	var files []*os.File
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	if err := soakFaulty(&faulty{dialed: func() error {
		go func() { <-end }()
		f, err := os.Open(os.DevNull)
		mu.Lock()
		defer mu.Unlock()
		files = append(files, f)
		return err
	}}, 200*time.Millisecond, 1, want...); err != nil {
		t.Error(err)
	}
}

func TestSoakFindsMemory(t *testing.T) {
	var mu sync.Mutex
	var kept [][]byte
	if err := soakFaulty(&faulty{closed: func() {
		mu.Lock()
		defer mu.Unlock()
		kept = append(kept, make([]byte, 1<<20))
	}}, time.Second, memoryPhases, "the live memory has grown"); err != nil {
		t.Error(err)
	}
	if len(kept) == 0 {
		t.Error("no client was closed")
	}
}

func TestSoakReportsListenErrors(t *testing.T) {
	if err := soakFaulty(&faulty{listen: func(string) (echo.Server, error) {
		return nil, errors.New("no server")
	}}, time.Second, 1, "faulty, seed 1: listen: no server"); err != nil {
		t.Error(err)
	}
}
