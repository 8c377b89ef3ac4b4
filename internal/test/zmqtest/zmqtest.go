//go:build cgo && !nozmq

// Package zmqtest has ZeroMQ servers that tests control.
package zmqtest

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pebbe/zmq4"
)

// StartRouter starts a server that calls serve again and again with a ROUTER
// socket, whose receives time out after wait. stop ends the server, as does the
// end of the test, and may be called more than once.
func StartRouter(tb testing.TB, wait time.Duration, serve func(*zmq4.Socket)) (addr string, stop func()) {
	tb.Helper()
	z, err := zmq4.NewContext()
	if err != nil {
		tb.Fatal(err)
	}
	s, err := z.NewSocket(zmq4.ROUTER)
	if err != nil {
		tb.Fatal(err)
	}
	if err := errors.Join(s.SetLinger(0), s.SetRcvtimeo(wait), s.SetSndhwm(0), s.SetRcvhwm(0), s.Bind("tcp://127.0.0.1:*")); err != nil {
		tb.Fatal(err)
	}
	endpoint, err := s.GetLastEndpoint()
	if err != nil {
		tb.Fatal(err)
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
	tb.Cleanup(stop)
	return strings.TrimPrefix(endpoint, "tcp://"), stop
}

// A Mute is a server that receives requests and answers only when told to.
type Mute struct {
	Addr  string
	Got   chan string // receives the last part of each request
	Reply chan []byte // takes the reply to the oldest request; nil echoes the request
	Stop  func()      // ends the server; may be called more than once
}

// StartMute starts a Mute, which the end of the test stops.
func StartMute(tb testing.TB) *Mute {
	tb.Helper()
	// Got has room for every request of a test.
	m := &Mute{Got: make(chan string, 1<<10), Reply: make(chan []byte)}
	var requests [][][]byte
	m.Addr, m.Stop = StartRouter(tb, 10*time.Millisecond, func(s *zmq4.Socket) {
		if parts, err := s.RecvMessageBytes(0); err == nil {
			requests = append(requests, parts)
			m.Got <- string(parts[len(parts)-1])
		}
		select {
		case reply := <-m.Reply:
			oldest := requests[0]
			if reply != nil {
				oldest[len(oldest)-1] = reply
			}
			s.SendMessage(oldest)
			requests = requests[1:]
		default:
		}
	})
	return m
}
