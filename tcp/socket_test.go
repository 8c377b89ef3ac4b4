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
)

func TestVariantOptions(t *testing.T) {
	for _, c := range []struct {
		tr   *Transport
		want string // in the error; none if ""
	}{
		{&Transport{Conns: echo.Each}, ""},
		{&Transport{Conns: 3, TLS: true, Unix: true, MaxInFlight: 1}, ""},
		{&Transport{Conns: -2}, "tcp: Conns -2: want 1 or more"},
		{&Transport{Grants: -1}, "tcp: Grants -1: want 0 or more"},
		{&Transport{Grants: 1, Conns: 1}, "tcp: Grants 1 with Conns 1: want one of them"},
		{&Transport{ReadBuffer: -1}, "tcp: ReadBuffer -1: want 0 or more"},
		{&Transport{WriteBuffer: -1}, "tcp: WriteBuffer -1: want 0 or more"},
		{&Transport{Unix: true, Nagle: true}, "tcp: Nagle with Unix"},
	} {
		srv, err := c.tr.Listen("")
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("Listen: error %v, want %q", err, c.want)
		}
		if err == nil {
			srv.Close()
		}
	}
}

func TestDescribeConns(t *testing.T) {
	for _, c := range []struct{ conns, workers, clients int }{
		{0, 10, 10}, {echo.Each, 10, 10}, {1, 10, 1}, {8, 10, 8}, {8, 3, 3},
	} {
		d := (&Transport{Conns: c.conns}).Describe(c.workers)
		if d.Clients != c.clients || d.Files != 2*c.clients+1 {
			t.Errorf("Conns %d, %d workers: %d clients, %d files; want %d and %d", c.conns, c.workers, d.Clients, d.Files, c.clients, 2*c.clients+1)
		}
	}
}

// A socket of its own is for this user alone, and gone after Close.
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
			t.Errorf("its folder has mode %v, want -rwx------", info.Mode().Perm())
		}
		if _, err := echoN(t, dial(t, tr, path), 4096); err != nil {
			t.Error(err)
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there after Close: %v", path, err)
		}
		if _, err := os.Stat(filepath.Dir(path)); addr == "" && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("its folder is still there after Close: %v", err)
		}
	}
	if _, err := tr.Listen("127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), "want the absolute path") {
		t.Errorf("Listen on a host and port: error %v, want that it is no path", err)
	}
}

// Each server has a certificate of its own.
func TestTLSCertificates(t *testing.T) {
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

// A plain client of a TLS server gets an error.
func TestTLSMismatch(t *testing.T) {
	c := dial(t, &Transport{}, echo.StartServer(t, &Transport{TLS: true}))
	if _, err := echoN(t, c, 100); err == nil {
		t.Error("no error")
	}
}

// What the options ask of a connection is asked of both ends.
func TestTune(t *testing.T) {
	for _, tr := range []*Transport{{Nagle: true}, {ReadBuffer: 32 << 10}, {WriteBuffer: 32 << 10}} {
		conn := &tuned{}
		if err := tr.tune(conn); err != nil || conn.read != tr.ReadBuffer || conn.write != tr.WriteBuffer {
			t.Errorf("tune: %v, buffers %d and %d; want %d and %d", err, conn.read, conn.write, tr.ReadBuffer, tr.WriteBuffer)
		}
	}
}

type tuned struct {
	net.Conn
	read, write int
}

func (c *tuned) SetReadBuffer(n int) error  { c.read = n; return nil }
func (c *tuned) SetWriteBuffer(n int) error { c.write = n; return nil }
