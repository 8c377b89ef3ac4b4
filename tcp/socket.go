package tcp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"github.com/echobench/echobench/stream"
)

// listen returns the listener that the options ask for.
func (t *Transport) listen(addr string) (net.Listener, error) {
	if t.Unix {
		return listenUnix(addr)
	}
	return stream.Listen("tcp", addr)
}

// listenUnix listens on the socket at path, or on a new one if there is no path.
// It makes the folder if there is none, for this user alone.
func listenUnix(path string) (net.Listener, error) {
	var folder string // to be removed
	if path == "" {
		made, err := os.MkdirTemp("", "echobench-")
		if err != nil {
			return nil, fmt.Errorf("tcp: %w", err)
		}
		folder, path = made, filepath.Join(made, "echo")
	} else if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("tcp: listen address %q: want the absolute path of a unix socket, or nothing for a new one", path)
	} else if os.Mkdir(filepath.Dir(path), 0o700) == nil {
		folder = filepath.Dir(path)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		if folder != "" {
			os.Remove(folder)
		}
		return nil, fmt.Errorf("tcp: %w", err)
	}
	return &unixListener{l, folder}, nil
}

// A unixListener's Close removes its socket, and its folder if it made it.
type unixListener struct {
	net.Listener
	folder string
}

func (l *unixListener) Close() error {
	err := l.Listener.Close()
	if l.folder != "" {
		err = errors.Join(err, os.Remove(l.folder))
	}
	return err
}

// dial connects. What it returns besides the connection is what to read from and
// write to: the connection, or TLS on it.
func (t *Transport) dial(ctx context.Context, addr string) (net.Conn, io.ReadWriter, error) {
	network := "tcp"
	if t.Unix {
		network = "unix"
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, nil, fmt.Errorf("tcp: %w", err)
	}
	wire, err := t.prepare(ctx, conn)
	if err != nil {
		conn.Close()
		return nil, nil, fmt.Errorf("tcp: %w", err)
	}
	return conn, wire, nil
}

func (t *Transport) prepare(ctx context.Context, conn net.Conn) (io.ReadWriter, error) {
	if err := t.tune(conn); err != nil {
		return nil, err
	}
	if !t.TLS {
		return conn, nil
	}
	// The server may be another process, whose certificate nobody vouches for:
	// this measures encryption, it does not authenticate.
	secure := tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	return secure, secure.HandshakeContext(ctx)
}

// tune sets the socket's options; Go has set NODELAY.
func (t *Transport) tune(conn net.Conn) error {
	socket, ok := conn.(interface {
		SetReadBuffer(int) error
		SetWriteBuffer(int) error
	})
	if !ok {
		return nil
	}
	var err error
	if t.ReadBuffer > 0 {
		err = socket.SetReadBuffer(t.ReadBuffer)
	}
	if t.WriteBuffer > 0 && err == nil {
		err = socket.SetWriteBuffer(t.WriteBuffer)
	}
	if conn, ok := conn.(*net.TCPConn); ok && t.Nagle && err == nil {
		err = conn.SetNoDelay(false)
	}
	return err
}

// serverTLS returns what a server's TLS needs, its key made for it alone, or nil
// without TLS.
func (t *Transport) serverTLS() (*tls.Config, error) {
	if !t.TLS {
		return nil, nil
	}
	config, err := stream.ServerTLS()
	if err != nil {
		return nil, fmt.Errorf("tcp: %w", err)
	}
	return config, nil
}
