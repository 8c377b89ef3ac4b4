//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// A DEALER has no more requests in flight than its window, and accepts answers in
// any order.
func TestWindow(t *testing.T) {
	t.Parallel()
	const callers = window + 100
	var mu sync.Mutex
	most := 0
	addr, _ := startRouter(t, 100*time.Millisecond, func(s *zmq4.Socket) {
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
	c := testkit.Dial(t, &Transport{Dealer: true}, addr)
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
	if most > window {
		t.Errorf("%d requests in flight, want no more than %d", most, window)
	}
}

// A call whose context ends does not affect the other calls.
func TestDealerCancel(t *testing.T) {
	m := startMute(t)
	c := testkit.Dial(t, &Transport{Dealer: true}, m.addr)
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- testkit.Echo(ctx, c, 1, 10) }()
	testkit.Receive(t, "the first request", m.got)
	go func() { second <- testkit.Echo(t.Context(), c, 1, 20) }() // the same id, so that only the number distinguishes them
	testkit.Receive(t, "the second request", m.got)
	cancel()
	if err := testkit.Receive(t, "the first Echo", first); !errors.Is(err, context.Canceled) {
		t.Errorf("the first: error %v, want one that matches Canceled", err)
	}
	testkit.Send(t, "the answer to the first", m.answer, nil)
	testkit.Send(t, "the answer to the second", m.answer, nil)
	if err := testkit.Receive(t, "the second Echo", second); err != nil {
		t.Error(err)
	}
}

// A message that is not an answer ends the Client. An answer to no request in
// flight does not.
func TestForeignAnswers(t *testing.T) {
	t.Parallel()
	body := string(testkit.Encode(t, &payload.Payload{Id: 1, Timestamp: 1}))
	for _, c := range []struct {
		name string
		// answers are the messages after the identity, where {} stands for the number
		// of the request.
		answers [][]string
		want    string // part of the error, or empty if there must be none
	}{
		{"as required", [][]string{{"{}", "", body}}, ""},
		{"another number first", [][]string{{"12345678", "", body}, {"{}", "", body}}, ""},
		{"twice", [][]string{{"{}", "", body}, {"{}", "", body}}, ""},
		{"as to a REQ", [][]string{{"", body}}, "not an answer"},
		{"a short number", [][]string{{"1234", "", body}}, "not an answer"},
		{"no delimiter", [][]string{{"{}", body}}, "not an answer"},
		{"a delimiter that is not empty", [][]string{{"{}", "x", body}}, "not an answer"},
		{"two bodies", [][]string{{"{}", "", body, body}}, "not an answer"},
		{"one part", [][]string{{body}}, "not an answer"},
		{"an empty body", [][]string{{"{}", "", ""}}, "refused"},
		{"not a Payload", [][]string{{"{}", "", "garbage"}}, "not a Payload"},
	} {
		t.Run(c.name, func(t *testing.T) { testForeignAnswers(t, c.answers, c.want) })
	}
}

func testForeignAnswers(t *testing.T, answers [][]string, want string) {
	addr, _ := startRouter(t, 10*time.Millisecond, func(s *zmq4.Socket) {
		parts, err := s.RecvMessageBytes(0)
		if err != nil {
			return
		}
		for _, answer := range answers {
			message := []string{string(parts[0])}
			for _, part := range answer {
				message = append(message, strings.ReplaceAll(part, "{}", string(parts[1])))
			}
			s.SendMessage(message)
		}
	})
	client := testkit.Dial(t, &Transport{Dealer: true}, addr)
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

// A pipeline remains usable after the server has refused a request.
func TestPipelineRefused(t *testing.T) {
	srv := echo.StartServer(t, &Transport{MaxSize: 1000})
	c := testkit.Dial(t, &Transport{Dealer: true}, srv).(echo.Pipeliner)
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
		if err := testkit.Within(t, "Receive", func() error { return p.Receive(&reply) }); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("1001 bytes to a server with a limit of 1000: error %v, want one that says that it refused", err)
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

// TestLostBetweenParts: a DEALER socket that learns between the parts of a message that
// its connection is lost still receives what has arrived. libzmq looks for such news
// whenever it has received 100 parts, and the messages have three. How many messages
// are received before decides which part of a later one is the hundredth.
func TestLostBetweenParts(t *testing.T) {
	t.Parallel()
	for _, before := range []int{1, 40} {
		t.Run(fmt.Sprintf("after %d messages", before), func(t *testing.T) { testLostBetweenParts(t, before) })
	}
}

func testLostBetweenParts(t *testing.T, before int) {
	const messages = 200
	addr, stop := startRouter(t, 100*time.Millisecond, func(s *zmq4.Socket) {
		request, err := s.RecvMessageBytes(0)
		if err != nil {
			return
		}
		s.SetLinger(testkit.Hang) // so that all answers are sent before the connection is closed
		for range messages {
			s.SendMessage(request)
		}
	})
	tr := new(Transport)
	z, err := tr.clients.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer tr.clients.release()
	d := dialer{transport: tr, context: z, endpoint: "tcp://" + addr, limit: 1 << 10}
	ctx := testkit.Context(t)
	c, err := d.connect(ctx, zmq4.DEALER, ctx.Err)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if _, err := c.socket.SendMessage("number", "", "request"); err != nil {
		t.Fatal(err)
	}
	received := 0
	for ctx.Err() == nil && received < before {
		received += receiveUpTo(t, c, before-received)
	}
	stop()
	for ctx.Err() == nil && !c.lost() {
		time.Sleep(time.Millisecond)
	}
	if received += receiveUpTo(t, c, messages); received != messages {
		t.Errorf("%d messages were received, want all %d", received, messages)
	}
}

// receiveUpTo receives the messages that are there, n at most.
func receiveUpTo(t *testing.T, c *conn, n int) (received int) {
	t.Helper()
	for ; received < n; received++ {
		parts, err := c.socket.RecvMessageBytes(zmq4.DONTWAIT)
		if again(err) {
			break
		}
		if err != nil || len(parts) != 3 {
			t.Fatalf("message %d has %d parts, error %v, want 3 parts", received, len(parts), err)
		}
	}
	return received
}
