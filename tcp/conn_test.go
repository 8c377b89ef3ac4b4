package tcp

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// The server's Close removes its socket, and a folder that Listen created. The
// folder is accessible to this user alone.
func TestUnixSocketIsRemoved(t *testing.T) {
	tr := &Transport{Unix: true}
	for _, addr := range []string{"", filepath.Join(t.TempDir(), "new", "s"), filepath.Join(t.TempDir(), "s")} {
		srv, err := tr.Listen(addr)
		if err != nil {
			t.Fatal(err)
		}
		path := srv.Addr()
		if addr != "" && path != addr {
			t.Errorf("Addr() = %q, want %q", path, addr)
		}
		if info, err := os.Stat(filepath.Dir(path)); err != nil {
			t.Error(err)
		} else if addr == "" && info.Mode().Perm() != 0o700 {
			t.Errorf("the socket's folder has mode %v, want -rwx------", info.Mode().Perm())
		}
		testkit.MustEcho(t, testkit.Dial(t, tr, path), 7, 4096)
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s exists after Close: %v", path, err)
		}
		if _, err := os.Stat(filepath.Dir(path)); addr == "" && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket's folder exists after Close: %v", err)
		}
	}
	if _, err := tr.Listen("127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), "want the absolute path") {
		t.Errorf("Listen on a host and port: error %v, want that it is not a path", err)
	}
}

func TestEachServerHasItsOwnCertificate(t *testing.T) {
	tr := &Transport{TLS: true}
	var serials []string
	for range 2 {
		conn, err := tls.Dial("tcp", echo.StartServer(t, tr), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		serials = append(serials, conn.ConnectionState().PeerCertificates[0].SerialNumber.String())
	}
	if serials[0] == serials[1] {
		t.Error("two servers have the same certificate")
	}
}

func TestClientWithoutTLSOfServerWithTLS(t *testing.T) {
	c := testkit.Dial(t, &Transport{}, echo.StartServer(t, &Transport{TLS: true}))
	if err := testkit.Echo(t.Context(), c, 7, 100); err == nil {
		t.Error("Echo without TLS on a server with TLS: no error")
	}
}

func TestTune(t *testing.T) {
	for _, tr := range []*Transport{{Nagle: true}, {SocketReadBuffer: 32 << 10}, {SocketWriteBuffer: 32 << 10}} {
		conn := new(bufferedConn)
		if err := tr.tune(conn); err != nil || conn.read != tr.SocketReadBuffer || conn.write != tr.SocketWriteBuffer {
			t.Errorf("tune: %v, buffers %v and %v; want %v and %v", err, conn.read, conn.write, tr.SocketReadBuffer, tr.SocketWriteBuffer)
		}
	}
}

// A bufferedConn remembers the sizes of its buffers.
type bufferedConn struct {
	net.Conn
	read, write payload.Size
}

func (c *bufferedConn) SetReadBuffer(bytes int) error  { c.read = payload.Size(bytes); return nil }
func (c *bufferedConn) SetWriteBuffer(bytes int) error { c.write = payload.Size(bytes); return nil }

func TestStartServerAndDial(t *testing.T) {
	c, err := Dial(testkit.Context(t), StartServer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	testkit.MustEcho(t, c, 7, 4096)
}
