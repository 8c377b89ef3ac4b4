package gorpcecho

import (
	"bufio"
	"compress/flate"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"

	"github.com/echobench/echobench/internal/conns"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A socket is a TCP or Unix domain connection, or TLS over one.
type socket struct {
	net.Conn
	below io.Closer // the connection without TLS
}

// Close does not send TLS's close_notify alert, because a peer that does not read
// could block the write.
func (s socket) Close() error { return s.below.Close() }

// connect connects to the server at addr. It adds the connection to set, whose
// Close closes it, also if connect returns an error.
func (t *Transport) connect(ctx context.Context, addr string, set *conns.Set) (socket, error) {
	dial := stream.Dial
	if t.Unix {
		dial = stream.DialUnix
	}
	c, err := dial(ctx, "gorpcecho", addr)
	if err != nil {
		return socket{}, err
	}
	set.Add(c)
	s := socket{Conn: c, below: c}
	if t.wrap != nil {
		s.Conn = t.wrap(c)
	}
	if t.TLS {
		secure := tls.Client(s.Conn, stream.ClientTLS())
		if err := secure.HandshakeContext(ctx); err != nil {
			return socket{}, fmt.Errorf("gorpcecho: TLS handshake: %w", err)
		}
		s.Conn = secure
	}
	return s, nil
}

// listen listens at a TCP address or, with Unix, at a path.
func (t *Transport) listen(addr string) (net.Listener, error) {
	if t.Unix {
		return stream.ListenUnix("gorpcecho", addr)
	}
	return stream.Listen("gorpcecho", addr)
}

// serverTLS returns a configuration with a new certificate, or nil without TLS.
func (t *Transport) serverTLS() (*tls.Config, error) {
	if !t.TLS {
		return nil, nil
	}
	return stream.ServerTLS()
}

// A conn is what gorpc reads from and writes to in place of a socket. It
// decompresses what it receives, checks it with a gate, and compresses what it
// sends.
//
// gorpc can compress in the same way: DEFLATE at its fastest level, flushed
// whenever gorpc flushes. But then nothing could check messages between the
// decompression and gob. So gorpc believes at both ends that there is no
// compression, and conn changes the byte of the handshake accordingly.
type conn struct {
	socket
	in   io.Reader   // a gate
	out  *deflater   // nil without compression
	lost func(error) // called with every error of Read and Write; may be nil

	greeting  []byte // what the server's gorpc is to read as the handshake
	handshake []byte // what the client sends as the handshake in place of gorpc's
}

// The byte of the handshake.
const (
	plain      = 0
	compressed = 1
)

// newClientConn returns a conn for a connection on which gorpc's client has not
// written the handshake yet.
func newClientConn(s socket, compress bool, limit payload.Size, lost func(error)) *conn {
	c := newConn(s, compress, responses, limit)
	c.lost = lost
	c.handshake = []byte{plain}
	if compress {
		c.handshake[0] = compressed
	}
	return c
}

// newServerConn returns a conn for a connection whose handshake has been read,
// though gorpc's server is about to read it.
func newServerConn(s socket, compress bool, limit payload.Size) *conn {
	c := newConn(s, compress, requests, limit)
	c.greeting = []byte{plain}
	return c
}

func newConn(s socket, compress bool, form form, limit payload.Size) *conn {
	c := &conn{socket: s}
	in := io.Reader(s.Conn)
	if compress {
		in = flate.NewReader(bufio.NewReaderSize(in, buffer))
		c.out = newDeflater(s.Conn)
	}
	c.in = newGate(in, form, limit)
	return c
}

func (c *conn) Read(p []byte) (int, error) {
	if len(c.greeting) > 0 {
		n := copy(p, c.greeting)
		c.greeting = c.greeting[n:]
		return n, nil
	}
	n, err := c.in.Read(p)
	return n, c.report(err)
}

func (c *conn) Write(p []byte) (int, error) {
	if len(c.handshake) > 0 { // then p is gorpc's handshake
		n, err := c.Conn.Write(c.handshake)
		c.handshake = nil
		return n, c.report(err)
	}
	if c.out != nil {
		n, err := c.out.Write(p)
		return n, c.report(err)
	}
	n, err := c.Conn.Write(p)
	return n, c.report(err)
}

// report calls lost if err is an error, and returns err.
func (c *conn) report(err error) error {
	if err != nil && c.lost != nil {
		c.lost(err)
	}
	return err
}

// network returns the Network of the Description.
func (t *Transport) network() string {
	if t.Unix {
		return "unix"
	}
	return "tcp"
}
