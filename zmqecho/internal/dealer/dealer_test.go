//go:build cgo && !nozmq

package dealer_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pebbe/zmq4"
	"go.uber.org/goleak"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/internal/test/zmqtest"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/zmqecho"
	"github.com/echobench/echobench/zmqecho/internal/dealer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A DEALER has at most MaxInFlight requests in flight, and accepts replies in
// any order.
func TestMaxInFlight(t *testing.T) {
	t.Parallel()
	const callers = dealer.MaxInFlight + 100
	var mu sync.Mutex
	maxInFlight := 0
	addr, _ := zmqtest.StartRouter(t, 100*time.Millisecond, func(s *zmq4.Socket) {
		var requests [][][]byte
		for {
			parts, err := s.RecvMessageBytes(0)
			if err != nil {
				break
			}
			requests = append(requests, parts)
		}
		mu.Lock()
		maxInFlight = max(maxInFlight, len(requests))
		mu.Unlock()
		for _, parts := range slices.Backward(requests) {
			s.SendMessage(parts)
		}
	})
	c := testkit.Dial(t, &zmqecho.Transport{Dealer: true}, addr)
	errs := make(chan error, callers)
	for i := range callers {
		go func() { errs <- testkit.Echo(t.Context(), c, uint64(i%7), i) }()
	}
	for range callers {
		if err := testkit.Receive(t, "an Echo", errs); err != nil {
			t.Error(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if maxInFlight > dealer.MaxInFlight {
		t.Errorf("%d requests in flight, want at most %d", maxInFlight, dealer.MaxInFlight)
	}
}

// A call whose context ends does not affect the other calls.
func TestCancel(t *testing.T) {
	m := zmqtest.StartMute(t)
	c := testkit.Dial(t, &zmqecho.Transport{Dealer: true}, m.Addr)
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- testkit.Echo(ctx, c, 1, 10) }()
	testkit.Receive(t, "the first request", m.Got)
	go func() { second <- testkit.Echo(t.Context(), c, 1, 20) }() // the same id, so that only the number distinguishes them
	testkit.Receive(t, "the second request", m.Got)
	cancel()
	if err := testkit.Receive(t, "the first Echo", first); !errors.Is(err, context.Canceled) {
		t.Errorf("the first: error %v, want one that matches Canceled", err)
	}
	testkit.Send(t, "the reply to the first", m.Reply, nil)
	testkit.Send(t, "the reply to the second", m.Reply, nil)
	if err := testkit.Receive(t, "the second Echo", second); err != nil {
		t.Error(err)
	}
}

// A message that is not a reply ends the Client. A reply to no request in
// flight does not.
func TestForeignReplies(t *testing.T) {
	t.Parallel()
	body := string(testkit.Encode(t, &payload.Payload{Id: 1, Timestamp: 1}))
	for _, c := range []struct {
		name string
		// replies are the messages after the identity, where {} stands for the number
		// of the request.
		replies [][]string
		want    string // part of the error, or empty if there must be none
	}{
		{"as required", [][]string{{"{}", "", body}}, ""},
		{"another number first", [][]string{{"12345678", "", body}, {"{}", "", body}}, ""},
		{"twice", [][]string{{"{}", "", body}, {"{}", "", body}}, ""},
		{"as to a REQ", [][]string{{"", body}}, "not a reply"},
		{"a short number", [][]string{{"1234", "", body}}, "not a reply"},
		{"no delimiter", [][]string{{"{}", body}}, "not a reply"},
		{"a delimiter that is not empty", [][]string{{"{}", "x", body}}, "not a reply"},
		{"two bodies", [][]string{{"{}", "", body, body}}, "not a reply"},
		{"one part", [][]string{{body}}, "not a reply"},
		{"an empty body", [][]string{{"{}", "", ""}}, "rejected"},
		{"not a Payload", [][]string{{"{}", "", "garbage"}}, "not a Payload"},
	} {
		t.Run(c.name, func(t *testing.T) { testForeignReplies(t, c.replies, c.want) })
	}
}

func testForeignReplies(t *testing.T, replies [][]string, want string) {
	addr, _ := zmqtest.StartRouter(t, 10*time.Millisecond, func(s *zmq4.Socket) {
		parts, err := s.RecvMessageBytes(0)
		if err != nil {
			return
		}
		for _, reply := range replies {
			message := []string{string(parts[0])}
			for _, part := range reply {
				message = append(message, strings.ReplaceAll(part, "{}", string(parts[1])))
			}
			s.SendMessage(message)
		}
	})
	client := testkit.Dial(t, &zmqecho.Transport{Dealer: true}, addr)
	for range 3 {
		var reply payload.Payload
		err := testkit.Within(t, "Echo", func() error { return client.Echo(t.Context(), &payload.Payload{Id: 1}, &reply) })
		if want == "" && (err != nil || reply.Id != 1) {
			t.Fatalf("id %d, error %v; want 1 and none", reply.Id, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Fatalf("error %v, want %q", err, want)
		}
	}
}

// A pipeline remains usable after the server has rejected a request.
func TestPipelineRefused(t *testing.T) {
	srv := echo.StartServer(t, &zmqecho.Transport{MaxSize: 1000})
	c := testkit.Dial(t, &zmqecho.Transport{Dealer: true}, srv).(echo.Pipeliner)
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
		if err := testkit.Within(t, "Receive", func() error { return p.Receive(&reply) }); err == nil || !strings.Contains(err.Error(), "rejected") {
			t.Errorf("1001 bytes to a server with a limit of 1000: error %v, want one that says that it rejected them", err)
		}
		if err := p.Send(&payload.Payload{Id: uint64(i), Data: make([]byte, 1000)}); err != nil {
			t.Fatal(err)
		}
		if err := testkit.Within(t, "Receive", func() error { return p.Receive(&reply) }); err != nil || reply.Id != uint64(i) {
			t.Errorf("the next: id %d, error %v; want %d and none", reply.Id, err, i)
		}
	}
	if err := p.Send(&payload.Payload{Data: make([]byte, 5<<20)}); !errors.Is(err, echo.ErrTooLarge) {
		t.Errorf("Send of 5 MiB: error %v, want one that matches ErrTooLarge", err)
	}
	if _, err := c.Pipeline(t.Context(), 0); err == nil {
		t.Error("a pipeline of depth 0: no error")
	}
}
