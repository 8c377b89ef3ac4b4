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
// compression, and the byte of the handshake is changed accordingly.
type conn struct {
	socket
	in  *gate
	out *deflater // nil without compression
}

// The byte of the handshake.
const (
	plain      = 0
	compressed = 1
)

func newConn(s socket, compress bool, form form, limit payload.Size) conn {
	c := conn{socket: s}
	in := io.Reader(s.Conn)
	if compress {
		in = flate.NewReader(bufio.NewReaderSize(in, buffer))
		c.out = newDeflater(s.Conn)
	}
	c.in = newGate(in, form, limit)
	return c
}

func (c *conn) Read(p []byte) (int, error) { return c.in.Read(p) }

func (c *conn) Write(p []byte) (int, error) {
	if c.out != nil {
		return c.out.Write(p)
	}
	return c.Conn.Write(p)
}

// network returns the Network of the Description.
func (t *Transport) network() string {
	if t.Unix {
		return "unix"
	}
	return "tcp"
}
