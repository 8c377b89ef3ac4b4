package broken

import (
	"io"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// garbageFaults returns transports whose Servers read requests carelessly.
func garbageFaults() []Fault {
	return []Fault{
		{Name: "server stops after garbage", Checks: []string{"AnnouncedLength", "Garbage"}, Transport: &transport{listen: listenUntilGarbage}},
		{Name: "incomplete request blocks other clients", Checks: []string{"Garbage"}, AndOthers: true, Slow: true, Transport: &transport{listen: listenReadingOne}},
	}
}

// maxEncoded is the greatest length of an encoded request, in bytes.
const maxEncoded = int(maxSize) + payload.Overhead

// listenUntilGarbage starts a server that stops when it reads a length over the
// limit.
func listenUntilGarbage(addr string) (echo.Server, error) {
	return listenWith(addr, func(conn net.Conn, p *payload.Payload, stop func()) error {
		n, err := readHeader(conn)
		if err != nil {
			return err
		}
		if n > maxEncoded {
			stop()
			return io.ErrUnexpectedEOF
		}
		return readBody(conn, n, p)
	})
}

// listenReadingOne starts a server that holds a lock from the beginning of a
// request's body to its end.
func listenReadingOne(addr string) (echo.Server, error) {
	var reading sync.Mutex
	return listenWith(addr, func(conn net.Conn, p *payload.Payload, _ func()) error {
		n, err := readHeader(conn)
		if err != nil || n > maxEncoded {
			return io.ErrUnexpectedEOF
		}
		reading.Lock()
		defer reading.Unlock()
		return readBody(conn, n, p)
	})
}
