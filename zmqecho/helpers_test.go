//go:build cgo && !nozmq

package zmqecho

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// eachKind runs f as a subtest for each kind of Client, with a new Transport.
func eachKind(t *testing.T, f func(t *testing.T, tr *Transport)) {
	t.Run("blocking", func(t *testing.T) { f(t, &Transport{Block: true}) })
	t.Run("polled", func(t *testing.T) { f(t, &Transport{}) })
	t.Run("dealer", func(t *testing.T) { f(t, &Transport{Dealer: true}) })
}

// eachServer runs f as a subtest for each kind of Client on each kind of server.
func eachServer(t *testing.T, f func(t *testing.T, tr *Transport)) {
	t.Run("REP", func(t *testing.T) { eachKind(t, f) })
	t.Run("workers", func(t *testing.T) {
		eachKind(t, func(t *testing.T, tr *Transport) {
			tr.Workers = 3
			f(t, tr)
		})
	})
	t.Run("ipcCurve", func(t *testing.T) {
		eachKind(t, func(t *testing.T, tr *Transport) {
			tr.Workers, tr.WorkersIPC, tr.Curve = 3, true, true
			f(t, tr)
		})
	})
}

// zmtp is what a REQ socket sends first: a ZMTP 3.0 greeting without security, of
// 64 bytes, and a READY command.
var zmtp = "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f" + "\x03\x00" + pad("NULL", 20) + pad("", 1+31) +
	"\x04\x26\x05READY" + "\x0bSocket-Type\x00\x00\x00\x03REQ" + "\x08Identity\x00\x00\x00\x00"

func pad(s string, n int) string { return s + strings.Repeat("\x00", n-len(s)) }

// shakeHands connects to a server and completes the handshake.
func shakeHands(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn := testkit.DialTCP(t, addr)
	io.WriteString(conn, zmtp)
	if _, err := io.ReadFull(conn, make([]byte, 64+27)); err != nil { // the server's greeting and READY
		t.Fatal(err)
	}
	return conn
}
