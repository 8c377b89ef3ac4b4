package fault

import (
	"io"
	"net"
	"time"
)

// A passage is one direction of a connection.
type passage struct {
	proxy    *Proxy
	from, to net.Conn
	buf      []byte
}

func newPassage(p *Proxy, from, to net.Conn) *passage {
	return &passage{p, from, to, make([]byte, 32<<10)}
}

// run forwards bytes, with the faults of a Sequence, until either end ends.
func (s *passage) run(sequence Sequence) {
	for {
		f := sequence()
		if !s.forward(f.After, len(s.buf), 0) || !s.apply(f) {
			return
		}
	}
}

// forward forwards n bytes in pieces of at most the given size, and pauses after each
// so that all of them take the given time. It returns false if the passage has ended.
// The end of from's stream ends that of to, and any other error closes both.
func (s *passage) forward(n, piece int, total time.Duration) bool {
	for left := n; left > 0; {
		read, err := s.from.Read(s.buf[:min(left, len(s.buf))])
		left -= read
		for rest := s.buf[:read]; len(rest) > 0; {
			size := min(piece, len(rest))
			if _, err := s.to.Write(rest[:size]); err != nil {
				s.close()
				return false
			}
			rest = rest[size:]
			if total > 0 && !s.proxy.sleep(part(total, size, n)) {
				return false
			}
		}
		switch {
		case err == io.EOF:
			closeWrite(s.to)
			return false
		case err != nil:
			s.close()
			return false
		}
	}
	return true
}

// part returns the part of total that n of all bytes take.
func part(total time.Duration, n, all int) time.Duration {
	return time.Duration(float64(total) * float64(n) / float64(all))
}

// apply makes a fault, unless the faults have ended. It returns false if the passage
// has ended.
func (s *passage) apply(f Fault) bool {
	if isClosed(s.proxy.untilCalm()) {
		return true
	}
	s.proxy.made[f.Kind].Add(1)
	switch f.Kind {
	case Reset:
		reset(s.to)
		reset(s.from)
		return false
	case Cut:
		closeWrite(s.to)
		io.Copy(io.Discard, s.from) // until from ends too
		return false
	case Stall:
		return s.proxy.sleep(f.Time)
	case Throttle:
		return s.forward(f.Bytes, max(1, f.Bytes/throttlePieces), f.Time)
	default:
		return s.forward(f.Bytes, 1, 0)
	}
}

// throttlePieces is how many pieces Throttle makes of its bytes, if there are enough.
const throttlePieces = 64

func (s *passage) close() {
	s.to.Close()
	s.from.Close()
}

// closeWrite ends the stream to conn and leaves the other direction open.
func closeWrite(conn net.Conn) {
	conn.(interface{ CloseWrite() error }).CloseWrite()
}

// reset closes conn so that the other end gets a reset, if conn's network has resets.
func reset(conn net.Conn) {
	if conn, ok := conn.(*net.TCPConn); ok {
		conn.SetLinger(0)
	}
	conn.Close()
}
