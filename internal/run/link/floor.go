package link

import (
	"errors"
	"io"
	"net"
	"slices"
	"time"
)

const (
	floorTrips = 50                     // how many round trips measureFloor makes
	floorDelay = 200 * time.Microsecond // in each direction
)

// measureFloor returns by how much the median of some round trips is longer than the
// delay of their link.
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
			io.Copy(struct{ io.Writer }{conn}, conn) // not with splice(2), for which net keeps a pipe open
		}
	}()
	l, err := start(listener.Addr().String(), Config{}, floorDelay)
	if err != nil {
		return 0, err
	}
	median, err := medianTrip(l.Addr())
	err = errors.Join(err, l.Close(), listener.Close())
	<-echoed
	return max(0, median-2*floorDelay), err
}

// medianTrip returns the median time of echoes of one byte.
func medianTrip(addr string) (time.Duration, error) {
	conn, err := net.DialTimeout("tcp", addr, dialTimeout)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(dialTimeout))
	b := make([]byte, 1)
	var trips []time.Duration
	for range floorTrips {
		start := time.Now()
		if _, err := conn.Write(b); err != nil {
			return 0, err
		}
		if _, err := io.ReadFull(conn, b); err != nil {
			return 0, err
		}
		trips = append(trips, time.Since(start))
	}
	trips = trips[floorTrips/2:] // the link learns in the first half
	slices.Sort(trips)
	return trips[len(trips)/2], nil
}
