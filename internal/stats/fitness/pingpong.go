package fitness

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// message is how many bytes a round trip carries in each direction.
const message = 64

// pingPong returns the durations of round trips over a TCP connection on the
// loopback interface. It returns nil if there is no such connection.
func pingPong(ctx context.Context, d time.Duration) []time.Duration {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil
	}
	defer l.Close()
	var served sync.WaitGroup
	defer served.Wait()
	served.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		answer(conn)
	})
	var dialer net.Dialer
	client, err := dialer.DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		l.Close() // ends Accept
		return nil
	}
	defer client.Close() // ends answer
	stop := context.AfterFunc(ctx, func() { client.Close() })
	defer stop()
	client.SetDeadline(time.Now().Add(d + time.Second)) // in case that the loopback interface loses something
	return roundTrips(client, d)
}

// answer sends back what it receives until the connection ends.
func answer(conn net.Conn) {
	var buf [message]byte
	for {
		if _, err := io.ReadFull(conn, buf[:]); err != nil {
			return
		}
		if _, err := conn.Write(buf[:]); err != nil {
			return
		}
	}
}

// roundTrips returns how long each round trip took, after some that are not
// measured, until d has passed or the connection ends.
func roundTrips(conn net.Conn, d time.Duration) (rtts []time.Duration) {
	const warmUp = 100
	var buf [message]byte
	start := time.Now()
	for n := 0; ; n++ {
		before := time.Now()
		if before.Sub(start) >= d {
			return rtts
		}
		if _, err := conn.Write(buf[:]); err != nil {
			return rtts
		}
		if _, err := io.ReadFull(conn, buf[:]); err != nil {
			return rtts
		}
		if n >= warmUp {
			rtts = append(rtts, time.Since(before))
		}
	}
}
