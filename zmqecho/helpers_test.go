//go:build cgo && !nozmq

package zmqecho

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pebbe/zmq4"

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

// startRouter starts a server that calls serve again and again with a ROUTER
// socket, whose receives time out after wait. stop ends the server, as does the
// end of the test, and may be called more than once.
func startRouter(t *testing.T, wait time.Duration, serve func(*zmq4.Socket)) (addr string, stop func()) {
	t.Helper()
	z, err := zmq4.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	s, err := z.NewSocket(zmq4.ROUTER)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.SetLinger(0), s.SetRcvtimeo(wait), s.SetSndhwm(0), s.SetRcvhwm(0), s.Bind("tcp://127.0.0.1:*")); err != nil {
		t.Fatal(err)
	}
	endpoint, err := s.GetLastEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	stopping := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		defer s.Close()
		for {
			select {
			case <-stopping:
				return
			default:
				serve(s)
			}
		}
	})
	stop = sync.OnceFunc(func() {
		close(stopping)
		running.Wait()
		z.Term()
	})
	t.Cleanup(stop)
	return address(endpoint), stop
}

// A mute is a server that receives requests and answers only when told to.
type mute struct {
	addr   string
	got    chan string // receives the last part of each request
	answer chan []byte // takes the answer to the oldest request; nil echoes the request
	stop   func()      // ends the server; may be called more than once
}

func startMute(t *testing.T) *mute {
	t.Helper()
	// got has room for every request of a test.
	m := &mute{got: make(chan string, 1<<10), answer: make(chan []byte)}
	var requests [][][]byte
	m.addr, m.stop = startRouter(t, 10*time.Millisecond, func(s *zmq4.Socket) {
		if parts, err := s.RecvMessageBytes(0); err == nil {
			requests = append(requests, parts)
			m.got <- string(parts[len(parts)-1])
		}
		select {
		case answer := <-m.answer:
			oldest := requests[0]
			if answer != nil {
				oldest[len(oldest)-1] = answer
			}
			s.SendMessage(oldest)
			requests = requests[1:]
		default:
		}
	})
	return m
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
