package grpcecho

import (
	"encoding/binary"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/internal/testkit"
)

// A rawConn is a connection of a client that speaks HTTP/2 without grpc.
type rawConn struct {
	net.Conn
	updated  chan uint32   // receives the stream of each WINDOW_UPDATE
	finished atomic.Int32  // calls that the server has finished
	ended    chan struct{} // closed when the server has ended the connection
}

const frameWindowUpdate = 0x8

// dialRaw connects to the server and sends what a client sends first.
func dialRaw(t *testing.T, addr string) *rawConn {
	t.Helper()
	c := &rawConn{Conn: testkit.DialTCP(t, addr), updated: make(chan uint32, 1<<16), ended: make(chan struct{})}
	if _, err := io.WriteString(c, handshake); err != nil {
		t.Fatal(err)
	}
	go c.read()
	return c
}

// read reads until the server ends the connection.
func (c *rawConn) read() {
	defer close(c.ended)
	var s scanner
	b := make([]byte, 4096)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		for f, rest, ok := s.next(b[:n]); ok; f, rest, ok = s.next(rest) {
			switch {
			case f.kind == frameWindowUpdate:
				c.updated <- f.stream
			case f.kind == frameHeaders && f.flags&endStream != 0:
				c.finished.Add(1)
			}
		}
	}
}

// header encodes a header field (RFC 7541, 6.2.2).
func header(name, value string) string {
	return "\x00" + string(rune(len(name))) + name + string(rune(len(value))) + value
}

// headers returns the HEADERS frame of a call with further header fields.
func headers(stream uint32, more string) []byte {
	fields := header(":method", "POST") + header(":scheme", "http") + header(":authority", "x") +
		header(":path", echopb.Echo_Echo_FullMethodName) + header("content-type", "application/grpc") + header("te", "trailers") + more
	f := frame{len(fields), frameHeaders, 0x4, stream} // END_HEADERS
	b := f.encode()
	copy(b[frameHeader:], fields)
	return b
}

// data returns a DATA frame with the beginning of a message of the given length.
func data(stream uint32, message, first int) []byte {
	b := frame{first, frameData, 0, stream}.encode()
	binary.BigEndian.PutUint32(b[frameHeader+1:], uint32(message))
	b[frameHeader+5], b[frameHeader+6] = 0x08, 0x01 // Id 1, and zeros
	return b
}

// awaitUpdate waits for a WINDOW_UPDATE of the stream. It reports false if the
// connection has ended.
func (c *rawConn) awaitUpdate(t *testing.T, stream uint32) bool {
	t.Helper()
	timeout := time.After(testkit.Hang)
	for {
		select {
		case got := <-c.updated:
			if got == stream {
				return true
			}
		case <-c.ended:
			return false
		case <-timeout:
			t.Fatalf("no WINDOW_UPDATE of stream %d within %v", stream, testkit.Hang)
		}
	}
}
