package gorpcecho

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"

	"github.com/echobench/echobench/internal/protocol/conns"
	"github.com/echobench/echobench/stream"
)

// connect connects to the server at addr. It adds the connection to set, whose
// Close closes it, also if connect returns an error.
func (t *Transport) connect(ctx context.Context, addr string, set *conns.Set) (net.Conn, error) {
	dial := stream.Dial
	if t.Unix {
		dial = stream.DialUnix
	}
	c, err := dial(ctx, "gorpcecho", addr)
	if err != nil {
		return nil, err
	}
	set.Add(c)
	if !t.TLS {
		return c, nil
	}
	secure := tls.Client(c, stream.ClientTLS())
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("gorpcecho: TLS handshake: %w", err)
	}
	return secure, nil
}

// listen listens at a TCP address or, with Unix, at a path.
func (t *Transport) listen(addr string) (net.Listener, error) {
	if t.Unix {
		return stream.ListenUnix("gorpcecho", addr)
	}
	return stream.Listen("gorpcecho", addr)
}

// network returns the Network of the Description.
func (t *Transport) network() string {
	if t.Unix {
		return "unix"
	}
	return "tcp"
}
