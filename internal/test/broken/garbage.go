package broken

import (
	"io"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
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

// lengthFaults returns transports whose Servers allocate memory for a length that a
// client has announced.
func lengthFaults() []Fault {
	fault := func(name string, limit payload.Size, allocate func(length int) (body []byte, ok bool)) Fault {
		return Fault{Name: name, Checks: []string{"AnnouncedLength"}, Alone: true, Transport: &transport{
			describe: func(d *echo.Description) { d.MaxSize = limit },
			listen:   listenAllocating(allocate),
			dial:     (&tcp.Transport{MaxSize: limit}).Dial,
		}}
	}
	return []Fault{
		fault("trusts a length", maxSize, func(n int) ([]byte, bool) { return make([]byte, min(n, 64<<20)), true }),
		fault("trusts a length without a bound", maxSize, func(n int) ([]byte, bool) {
			body := make([]byte, n)
			for i := 0; i < n; i += 4096 {
				body[i] = 1 // so that the page becomes resident
			}
			return body, true
		}),
		fault("allocates before the data arrives", largeSize, func(n int) ([]byte, bool) {
			if n > int(largeSize)+payload.Overhead {
				return nil, false
			}
			return make([]byte, n), true
		}),
		fault("allocates before it refuses", maxSize, func(n int) ([]byte, bool) {
			body := make([]byte, min(n, 1<<30))
			return body, n <= maxEncoded
		}),
	}
}

// listenAllocating returns the Listen of a server that reads a request of the
// announced length into what allocate returns, if ok is true.
func listenAllocating(allocate func(length int) (body []byte, ok bool)) func(addr string) (echo.Server, error) {
	return func(addr string) (echo.Server, error) {
		return listenWith(addr, func(conn net.Conn, p *payload.Payload, _ func()) error {
			n, err := readHeader(conn)
			if err != nil {
				return err
			}
			body, ok := allocate(n)
			if !ok {
				return io.ErrUnexpectedEOF
			}
			return readInto(conn, body, p)
		})
	}
}
