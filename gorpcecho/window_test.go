package gorpcecho

import (
	"net"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

func TestWindow(t *testing.T) {
	for _, c := range []struct {
		name            string
		requests, bytes int
		full            bool
	}{
		{"empty", 0, 0, false},
		{"many requests", pending * 3 / 4, 0, false},
		{"too many requests", pending*3/4 + 1, 0, true},
		{"many bytes", 1, maxUnansweredBytes - 1, false},
		{"too many bytes", 1, maxUnansweredBytes, true},
	} {
		w := newWindow()
		w.received(c.requests, c.bytes)
		room := make(chan int, 1)
		go func() { room <- w.await() }()
		if c.full {
			// This does not prove that await waits, but an await that does not wait
			// returns at once.
			time.Sleep(10 * time.Millisecond)
			if len(room) != 0 {
				t.Errorf("%s: await did not wait", c.name)
			}
			// The answers' weights may be less than those of the requests.
			w.answered(c.requests, 0)
			c.requests = 0
		}
		if got := testkit.Receive(t, "await", room); got != pending-c.requests {
			t.Errorf("%s: room for %d requests, want %d", c.name, got, pending-c.requests)
		}
	}
}

func TestWindowClosed(t *testing.T) {
	w := newWindow()
	w.received(2*pending, 2*maxUnansweredBytes)
	ended := make(chan int, 1)
	go func() { ended <- w.await() }()
	w.close()
	if got := testkit.Receive(t, "await after close", ended); got < 1 {
		t.Errorf("room for %d requests after close, want at least 1, so that Read has an error to return", got)
	}
}

// Close ends a Read that waits because the window is full.
func TestCloseEndsRead(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	c := newServerConn(socket{Conn: near, below: near}, false, 4<<20, time.NewTimer(time.Hour), 0)
	c.greeting = nil
	c.window.received(2*pending, 0)
	ended := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		ended <- err
	}()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := testkit.Receive(t, "the end of Read", ended); err == nil {
		t.Error("Read after Close: no error")
	}
}

// An answer never weighs more than its request.
func TestWeight(t *testing.T) {
	for _, p := range []*payload.Payload{
		{}, {Id: 1}, {Timestamp: 1}, {Data: make([]byte, 1)}, {Data: make([]byte, 127)}, {Data: make([]byte, 300)},
		{Data: make([]byte, minWeight)}, {Id: 1, Data: make([]byte, minWeight-40)}, {Data: make([]byte, 1<<16-20)}, {Data: make([]byte, 4<<20)},
	} {
		for _, limit := range []payload.Size{4 << 20, 1} { // with 1 most requests are refused
			request := testkit.Encode(t, p)
			if len(p.Data) == 0 {
				request = append(request, 0xff) // which makes it invalid
			}
			r, a := lengthOf(t, wireRequest{1 << 40, request}), 0
			a = lengthOf(t, wireResponse{1 << 40, answer(request, new(payload.Payload), limit), ""})
			if weight(a-answerGrowth) > weight(r) {
				t.Errorf("a request of %d bytes weighs %d, its answer of %d bytes weighs %d", r, weight(r), a, weight(a-answerGrowth))
			}
		}
	}
	if got := lengthOf(t, wireRequest{1, []byte{}}); got < minRequest {
		t.Errorf("a request of %d bytes, want at least %d", got, minRequest)
	}
}

// lengthOf returns the length of a value in a gob stream.
func lengthOf(t *testing.T, value any) int {
	return len(gobStream(t, value, value)) - len(gobStream(t, value))
}

func TestMeter(t *testing.T) {
	values := []any{wireResponse{1, []byte{}, ""}, wireResponse{2, make([]byte, 100), ""}, wireResponse{3, make([]byte, 100_000), ""}, wireResponse{4, "no", ""}}
	stream := gobStream(t, values...)
	want := 3*minWeight + lengthOf(t, values[2]) - 4 // without the prefix
	for _, n := range []int{1, 7, 100, 65536, len(stream)} {
		var m meter
		var counted, bytes int
		for rest := stream; len(rest) > 0; {
			part := rest[:min(n, len(rest))]
			rest = rest[len(part):]
			v, b := m.count(part)
			counted, bytes = counted+v, bytes+b
		}
		if counted != len(values) || bytes != want-answerGrowth {
			t.Errorf("in parts of %d bytes: %d values of weight %d, want %d of weight %d", n, counted, bytes, len(values), want-answerGrowth)
		}
	}
}
