package gorpcecho

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/echobench/echobench/stream"
)

// A wire is a TCP or Unix domain connection, or TLS on one, that its set closes.
type wire struct {
	net.Conn
	raw net.Conn // what is below TLS
	set *connSet
}

// Close sends no close_notify: a peer that does not read could hold it up.
func (w wire) Close() error {
	w.set.remove(w.raw)
	return w.raw.Close()
}

func (t *Transport) network() string {
	if t.Unix {
		return "unix"
	}
	return "tcp"
}

// connect adds a connection to set.
func (t *Transport) connect(ctx context.Context, addr string, set *connSet) (wire, error) {
	var d net.Dialer
	raw, err := d.DialContext(ctx, t.network(), addr)
	if err != nil {
		return wire{}, err
	}
	set.add(raw)
	w := wire{raw, raw, set}
	if t.watch != nil {
		w.Conn = t.watch(raw)
	}
	if t.TLS {
		secure := tls.Client(w.Conn, &tls.Config{InsecureSkipVerify: true}) // nobody has signed the server's certificate
		if err := secure.HandshakeContext(ctx); err != nil {
			return wire{}, err
		}
		w.Conn = secure
	}
	return w, nil
}

// serverTLS returns a configuration with a new certificate, or nil without TLS.
func (t *Transport) serverTLS() (*tls.Config, error) {
	if !t.TLS {
		return nil, nil
	}
	return stream.ServerTLS()
}

// netListen listens at a TCP address, or at a path. folder is the path's, if it
// was made for it, to be removed after the listener's Close.
func (t *Transport) netListen(addr string) (l net.Listener, folder string, err error) {
	if !t.Unix {
		l, err = stream.Listen("gorpcecho", addr)
		return l, "", err
	}
	if addr, folder, err = makeFolder(addr); err == nil {
		l, err = net.Listen("unix", addr)
	}
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("gorpcecho: %w", err), removeFolder(folder))
	}
	return l, folder, nil
}

// makeFolder makes the folder of a socket, if there is none, for this user alone.
func makeFolder(addr string) (path, folder string, err error) {
	if addr == "" {
		if folder, err = os.MkdirTemp("", "gorpcecho-"); err != nil {
			return "", "", err
		}
		return filepath.Join(folder, "socket"), folder, nil
	}
	if !filepath.IsAbs(addr) {
		return "", "", fmt.Errorf("listen address %q: want an absolute path, or nothing for one of a temporary folder", addr)
	}
	switch err := os.Mkdir(filepath.Dir(addr), 0o700); {
	case err == nil:
		return addr, filepath.Dir(addr), nil
	case errors.Is(err, os.ErrExist):
		return addr, "", nil
	default:
		return "", "", err
	}
}

func removeFolder(folder string) error {
	if folder == "" {
		return nil
	}
	return os.Remove(folder)
}
