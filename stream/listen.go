package stream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"
)

// ListenAddr makes the address of a Transport's Listen explicit: an empty addr
// means a free port of the IPv4 loopback address, and an empty host means the
// IPv4 loopback address, never all interfaces. It rejects an address that is not
// host:port and a port that is not a number from 0 to 65535. The result is valid
// for TCP and for UDP. pkg is the prefix of the error message.
func ListenAddr(pkg, addr string) (hostPort string, err error) {
	if addr == "" {
		addr = ":0"
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("%s: listen address %q: want host:port: %w", pkg, addr, err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", fmt.Errorf("%s: listen address %q: want a port from 0 to 65535, not %q", pkg, addr, port)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
}

// Listen listens for TCP connections at the address that [ListenAddr] returns.
// pkg is the prefix of every error message.
func Listen(pkg, addr string) (net.Listener, error) {
	addr, err := ListenAddr(pkg, addr)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pkg, err)
	}
	return l, nil
}

// ListenPacket listens for UDP packets at the address that [ListenAddr] returns,
// for transports such as QUIC. pkg is the prefix of every error message.
func ListenPacket(pkg, addr string) (net.PacketConn, error) {
	addr, err := ListenAddr(pkg, addr)
	if err != nil {
		return nil, err
	}
	c, err := net.ListenPacket("udp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pkg, err)
	}
	return c, nil
}

// Dial connects over TCP. ctx bounds the dial only. pkg is the prefix of the
// error message.
func Dial(ctx context.Context, pkg, addr string) (net.Conn, error) {
	return dial(ctx, pkg, "tcp", addr)
}

// DialUnix connects to the Unix domain socket at path, as Dial does over TCP. If the
// server's backlog is full, which contains the connections that it has not accepted yet,
// Linux refuses at once, with EAGAIN (connect(2)). DialUnix then tries again until ctx
// ends, but for two minutes at most, which is about as long as Linux tries over TCP.
func DialUnix(ctx context.Context, pkg, path string) (net.Conn, error) {
	if err := checkPath(path); err != nil {
		return nil, fmt.Errorf("%s: dial unix %s: %w", pkg, path, err)
	}
	for begin := time.Now(); ; {
		conn, err := dial(ctx, pkg, "unix", path)
		if !errors.Is(err, syscall.EAGAIN) || time.Since(begin) > maxBacklogWait {
			return conn, err
		}
		select {
		case <-time.After(backlogPause):
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: dial unix %s: the server's backlog is full: %w", pkg, path, ctx.Err())
		}
	}
}

const (
	backlogPause   = time.Millisecond // between two attempts
	maxBacklogWait = 2 * time.Minute
)

func dial(ctx context.Context, pkg, network, addr string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pkg, err)
	}
	return conn, nil
}
