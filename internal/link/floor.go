package link

import (
	"errors"
	"io"
	"net"
	"time"
)

// floorTrips is how many round trips measureFloor makes.
const floorTrips = 50

// measureFloor returns how long the shortest of some round trips takes through a
// link without delay.
func measureFloor() (time.Duration, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	echoed := make(chan struct{})
	go func() {
		defer close(echoed)
		if conn, err := listener.Accept(); err == nil {
			defer conn.Close()
			io.Copy(conn, conn)
		}
	}()
	l, err := start(listener.Addr().String(), Config{}, 0)
	if err != nil {
		return 0, err
	}
	shortest, err := shortestTrip(l.Addr())
	err = errors.Join(err, l.Close(), listener.Close())
	<-echoed
	return shortest, err
}

// shortestTrip returns the time of the shortest of floorTrips echoes of one byte.
func shortestTrip(addr string) (shortest time.Duration, err error) {
	conn, err := net.DialTimeout("tcp", addr, dialTimeout)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(dialTimeout))
	b := make([]byte, 1)
	for i := range floorTrips {
		start := time.Now()
		if _, err := conn.Write(b); err != nil {
			return 0, err
		}
		if _, err := io.ReadFull(conn, b); err != nil {
			return 0, err
		}
		if trip := time.Since(start); i == 0 || trip < shortest {
			shortest = trip
		}
	}
	return shortest, nil
}
