//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/pebbe/zmq4"
)

// router starts a server that gives serve a ROUTER whose receives time out after
// 100 ms, until the test's end.
func router(t *testing.T, serve func(*zmq4.Socket)) (addr string) {
	t.Helper()
	z, err := zmq4.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	s, err := z.NewSocket(zmq4.ROUTER)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.SetLinger(0), s.SetRcvtimeo(100*time.Millisecond), s.SetSndhwm(0), s.SetRcvhwm(0), s.Bind("tcp://127.0.0.1:*")); err != nil {
		t.Fatal(err)
	}
	endpoint, err := s.GetLastEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		defer s.Close()
		for {
			select {
			case <-stop:
				return
			default:
				serve(s)
			}
		}
	})
	t.Cleanup(func() {
		close(stop)
		running.Wait()
		z.Term()
	})
	return address(endpoint)
}

// A DEALER has no more than its window in flight, and takes answers in any order.
func TestWindow(t *testing.T) {
	const callers = window + 100
	var mu sync.Mutex
	most := 0
	addr := router(t, func(s *zmq4.Socket) {
		var requests [][][]byte
		for {
			parts, err := s.RecvMessageBytes(0)
			if err != nil {
				break
			}
			requests = append(requests, parts)
		}
		mu.Lock()
		most = max(most, len(requests))
		mu.Unlock()
		for _, parts := range slices.Backward(requests) {
			s.SendMessage(parts)
		}
	})
	c := mustDial(t, &Transport{Conns: 1}, addr)
	errs := make(chan error, callers)
	for i := range callers {
		go func() { errs <- echoN(t.Context(), c, uint64(i%7), i) }()
	}
	for range callers {
		if err := receive(t, "an Echo", errs); err != nil {
			t.Error(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if most > window {
		t.Errorf("%d requests in flight, want no more than %d", most, window)
	}
}

// A call's end by its context is nobody else's.
func TestSharedCancel(t *testing.T) {
	m := startMute(t)
	c := mustDial(t, &Transport{Conns: 1}, m.addr)
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- echoN(ctx, c, 1, 10) }()
	receive(t, "the first request", m.got)
	go func() { second <- echoN(t.Context(), c, 1, 20) }() // the same id: only the number tells them apart
	receive(t, "the second request", m.got)
	cancel()
	if err := receive(t, "the first Echo", first); !errors.Is(err, context.Canceled) {
		t.Errorf("the first: error %v; want one that matches Canceled", err)
	}
	send(t, "the answer to the first", m.answer, nil)
	send(t, "the answer to the second", m.answer, nil)
	if err := receive(t, "the second Echo", second); err != nil {
		t.Error(err)
	}
}

// What is no answer ends the Client; an answer to nobody does not.
func TestForeignAnswers(t *testing.T) {
	body := string(encode(t, &payload.Payload{Id: 1, Timestamp: 1}))
	for _, c := range []struct {
		name string
		// what follows the identity, {} standing for the request's number
		answers [][]string
		want    string // in the error, or empty for none
	}{
		{"as it should be", [][]string{{"{}", "", body}}, ""},
		{"another number first", [][]string{{"12345678", "", body}, {"{}", "", body}}, ""},
		{"twice", [][]string{{"{}", "", body}, {"{}", "", body}}, ""},
		{"as to a REQ", [][]string{{"", body}}, "no answer"},
		{"a short number", [][]string{{"1234", "", body}}, "no answer"},
		{"no delimiter", [][]string{{"{}", body}}, "no answer"},
		{"something in its place", [][]string{{"{}", "x", body}}, "no answer"},
		{"two bodies", [][]string{{"{}", "", body, body}}, "no answer"},
		{"one part", [][]string{{body}}, "no answer"},
		{"an empty body", [][]string{{"{}", "", ""}}, "refused"},
		{"not a Payload", [][]string{{"{}", "", "garbage"}}, "not a Payload"},
	} {
		t.Run(c.name, func(t *testing.T) {
			addr := router(t, func(s *zmq4.Socket) {
				parts, err := s.RecvMessageBytes(0)
				if err != nil {
					return
				}
				for _, answer := range c.answers {
					message := []string{string(parts[0])}
					for _, part := range answer {
						message = append(message, strings.ReplaceAll(part, "{}", string(parts[1])))
					}
					s.SendMessage(message)
				}
			})
			client := mustDial(t, &Transport{Conns: 1}, addr)
			for range 3 {
				var reply payload.Payload
				err := within(t, "Echo", func() error { return client.Echo(t.Context(), &payload.Payload{Id: 1}, &reply) })
				if c.want == "" && (err != nil || reply.Id != 1) {
					t.Fatalf("id %d, error %v; want 1 and none", reply.Id, err)
				}
				if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
					t.Fatalf("error %v; want %q", err, c.want)
				}
			}
		})
	}
}

// A pipeline outlives a request that the server refuses.
func TestPipelineRefused(t *testing.T) {
	srv := echo.StartServer(t, &Transport{MaxSize: 1000})
	c := mustDial(t, &Transport{Conns: 1}, srv).(echo.Pipeliner)
	p, err := c.Pipeline(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i := range 5 {
		var reply payload.Payload
		if err := p.Send(&payload.Payload{Id: 1, Data: make([]byte, 1001)}); err != nil {
			t.Fatal(err)
		}
		if err := within(t, "Receive", func() error { return p.Receive(&reply) }); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("1001 bytes to a server with a limit of 1000: error %v; want one that says that it refused", err)
		}
		if err := p.Send(&payload.Payload{Id: uint64(i), Data: make([]byte, 1000)}); err != nil {
			t.Fatal(err)
		}
		if err := within(t, "Receive", func() error { return p.Receive(&reply) }); err != nil || reply.Id != uint64(i) {
			t.Errorf("the next: id %d, error %v; want %d and none", reply.Id, err, i)
		}
	}
	if err := p.Send(&payload.Payload{Data: make([]byte, 5<<20)}); !errors.Is(err, echo.ErrTooLarge) {
		t.Errorf("Send of 5 MiB: error %v; want one that matches ErrTooLarge", err)
	}
	if _, err := c.Pipeline(t.Context(), 0); err == nil {
		t.Error("a pipeline of depth 0: no error")
	}
}
