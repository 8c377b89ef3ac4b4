package grpcecho

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/testkit"
)

// A fakeConn is a connection whose client has sent what is in the Buffer. A Write
// waits for a value from written, if that is not nil.
type fakeConn struct {
	net.Conn
	received bytes.Buffer
	writing  chan struct{} // receives a value for each Write that waits
	written  chan struct{}
	closed   bool
}

func (c *fakeConn) Read(b []byte) (int, error) { return c.received.Read(b) }
func (c *fakeConn) Close() error               { c.closed = true; return nil }

func (c *fakeConn) Write(b []byte) (int, error) {
	if c.written != nil {
		c.writing <- struct{}{}
		<-c.written
	}
	return len(b), nil
}

// newFake returns a serverConn, with the given limit on requests, that has received
// the preface.
func newFake(t *testing.T, limit int) (*serverConn, *fakeConn) {
	t.Helper()
	fake := new(fakeConn)
	fake.received.WriteString(preface)
	c := newServerConn(fake, connLimits{requests: limit, first: time.Hour})
	t.Cleanup(func() { c.Close() })
	return c, fake
}

// transfer sends the frame in one direction.
func transfer(c *serverConn, fake *fakeConn, fromClient bool, f frame) error {
	if !fromClient {
		_, err := c.Write(f.encode())
		return err
	}
	fake.received.Write(f.encode())
	_, err := io.Copy(io.Discard, struct{ io.Reader }{c})
	return err
}

// A serverConn counts what has not been answered.
func TestHeld(t *testing.T) {
	const in, out = true, false
	c, fake := newFake(t, 1<<20)
	for _, s := range []struct {
		name       string
		fromClient bool
		frame      frame
		want       int
	}{
		{"a call", in, frame{100, frameHeaders, 0, 1}, 0},
		{"its request", in, frame{1000, frameData, 0, 1}, 1000 + frameCost},
		{"the rest of it", in, frame{500, frameData, endStream, 1}, 1500 + 2*frameCost},
		{"another call", in, frame{100, frameHeaders, 0, 3}, 1500 + 2*frameCost},
		{"data of no call", in, frame{1000, frameData, 0, 5}, 1500 + 2*frameCost},
		{"empty data", in, frame{0, frameData, 0, 3}, 1500 + 3*frameCost},
		{"a window update", in, frame{4, 0x8, 0, 1}, 1500 + 3*frameCost},
		{"headers of a reply", out, frame{100, frameHeaders, 0, 1}, 1500 + 3*frameCost},
		{"a part of a reply", out, frame{700, frameData, 0, 1}, 800 + frameCost},
		{"trailers", out, frame{20, frameHeaders, endStream, 1}, frameCost},
		{"data after the trailers", in, frame{300, frameData, 0, 1}, frameCost},
		{"a request", in, frame{300, frameData, 0, 3}, 300 + 2*frameCost},
		{"a longer reply", out, frame{310, frameData, 0, 3}, 0},
		{"a further request", in, frame{300, frameData, 0, 3}, 300 + frameCost},
		{"a reset by the server", out, frame{4, frameReset, 0, 3}, 0},
		{"a third call", in, frame{9, frameHeaders, 0, 7}, 0},
		{"its request", in, frame{90, frameData, 0, 7}, 90 + frameCost},
		{"a reset by the client", in, frame{4, frameReset, 0, 7}, 0},
	} {
		if err := transfer(c, fake, s.fromClient, s.frame); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if c.held != s.want {
			t.Errorf("after %s: %d bytes are held, want %d", s.name, c.held, s.want)
		}
	}
	if len(c.open) != 0 {
		t.Errorf("%d streams are open, want none", len(c.open))
	}
}

// A connection that holds more than the limit cannot be read any more.
func TestHeldAboveLimit(t *testing.T) {
	const requests, size = 10, 1000
	c, fake := newFake(t, requests*(size+frameCost))
	for i := range uint32(requests + 1) {
		transfer(c, fake, true, frame{0, frameHeaders, 0, 2*i + 1})
		err := transfer(c, fake, true, frame{size, frameData, endStream, 2*i + 1})
		if over := i == requests; over != (err != nil && strings.Contains(err.Error(), "exceed the limit")) {
			t.Errorf("request %d of at most %d: error %v", i+1, requests, err)
		}
	}
}

// What the client has reset is held as long as grpc cannot write, because grpc does
// not forget it before.
func TestHeldDuringWrite(t *testing.T) {
	c, fake := newFake(t, 1<<20)
	fake.writing, fake.written = make(chan struct{}), make(chan struct{})
	transfer(c, fake, true, frame{0, frameHeaders, 0, 1})
	transfer(c, fake, true, frame{1000, frameData, endStream, 1})
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Write(frame{700, frameData, 0, 1}.encode())
	}()
	testkit.Receive(t, "a Write", fake.writing)
	transfer(c, fake, true, frame{4, frameReset, 0, 1})
	if want := 1000 + frameCost; c.held != want {
		t.Errorf("after a reset during a Write: %d bytes are held, want %d", c.held, want)
	}
	close(fake.written)
	testkit.Receive(t, "the end of the Write", done)
	if c.held != 0 {
		t.Errorf("after the Write: %d bytes are held, want 0", c.held)
	}
}
