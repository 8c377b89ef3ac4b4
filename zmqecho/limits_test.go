//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// The server's limit is smaller than the client's.
func TestSmallerLimit(t *testing.T) { eachServer(t, testSmallerLimit) }

func testSmallerLimit(t *testing.T, small *Transport) {
	small.MaxSize = 1000
	srv := echo.StartServer(t, small)
	large := &Transport{Block: small.Block, Dealer: small.Dealer, Curve: small.Curve}
	c := testkit.Dial(t, large, srv)
	other := testkit.Dial(t, large, srv)
	send := func(size int) error {
		return testkit.Within(t, "Echo", func() error {
			return c.Echo(context.Background(), &payload.Payload{Data: payload.Body(size, 1)}, new(payload.Payload))
		})
	}
	testkit.MustEcho(t, c, 1, 1000)
	// The data exceeds the server's limit, but the message does not.
	if err := send(1001); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("1001 bytes to a server with a limit of 1000: error %v, want one that says that it refused", err)
	}
	testkit.MustEcho(t, c, 2, 1000)
	// Both exceed it.
	if err := send(2000); err == nil || !strings.Contains(err.Error(), "limit") {
		t.Errorf("2000 bytes to a server with a limit of 1000: error %v, want one that names the limit", err)
	}
	if !small.Dealer {
		testkit.MustEcho(t, c, 3, 1000)
	}
	testkit.MustEcho(t, other, 4, 1000)
}

// The server's answer has more data than the client's limit.
func TestAnswerOverLimit(t *testing.T) { eachKind(t, testAnswerOverLimit) }

func testAnswerOverLimit(t *testing.T, tr *Transport) {
	tr.MaxSize = 100
	for _, c := range []struct {
		size int
		want string
	}{
		{101, "limit of 100B"},    // the data exceeds the limit, but the message does not
		{1000, "connection lost"}, // both exceed it
	} {
		m := startMute(t)
		client := testkit.Dial(t, tr, m.addr)
		done := make(chan error, 1)
		go func() { done <- testkit.Echo(t.Context(), client, 1, 1) }()
		testkit.Receive(t, "the request", m.got)
		answer := testkit.Encode(t, &payload.Payload{Id: 1, Data: payload.Body(c.size, 1), Timestamp: 1})
		testkit.Send(t, "the answer", m.answer, answer)
		if err := testkit.Receive(t, "Echo", done); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("an answer with %d bytes of data, limit 100: error %v, want %q", c.size, err, c.want)
		}
	}
}
