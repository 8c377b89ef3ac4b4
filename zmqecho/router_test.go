//go:build cgo && !nozmq

package zmqecho

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/pebbe/zmq4"
)

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
	got    chan string // receives the last part of each request, also of repeated ones
	answer chan []byte // takes the answer to the oldest request; nil echoes the request
	stop   func()      // ends the server; may be called more than once
}

func startMute(t *testing.T) *mute {
	t.Helper()
	// got has room for every request of a test, so that clients which send their
	// requests again do not block the server.
	m := &mute{got: make(chan string, 1<<16), answer: make(chan []byte)}
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
