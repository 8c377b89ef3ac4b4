package attack

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/echobench/echobench/payload"
)

// garbage sends bytes that are no request, on each connection other ones, before and
// after what a client sends first.
func garbage(a *assault) error {
	patterns := []string{
		string(payload.Body(64<<10, 1)),
		strings.Repeat("\x00", 64<<10),
		strings.Repeat("\xff", 64<<10),
		strings.Repeat("\x80", 64<<10),
		"GET / HTTP/1.1\r\n\r\n",
		"\x16\x03\x01\x00\x05garbage",
	}
	dial := func() (net.Conn, error) {
		if conn, err := a.dial(); err == nil {
			return conn, nil
		}
		return a.connect()
	}
	return a.each(dial, func(i int, conn net.Conn) {
		conn.SetWriteDeadline(time.Now().Add(time.Second)) // a server may wait for what it believes to be a message
		if i%2 == 1 {
			conn.Write([]byte(a.wire.hello))
		}
		conn.Write([]byte(patterns[i/2%len(patterns)]))
	})
}

// tooMuch is after how many bytes a server must have closed the connection of a client
// whose headers do not end.
const tooMuch = 64 << 20

// endless sends headers that never end on each connection.
func endless(a *assault) error {
	more := []byte(strings.Repeat(a.wire.more, 1+(16<<10)/len(a.wire.more)))
	var sending sync.WaitGroup
	ended := make([]error, a.n)
	err := a.each(a.dial, func(i int, conn net.Conn) {
		conn.SetWriteDeadline(time.Now().Add(time.Second)) // or the server reads no more
		sending.Go(func() { ended[i] = sendEndlessly(conn, []byte(a.wire.endless), more) })
	})
	sending.Wait()
	return errors.Join(append(ended, err)...)
}

// sendEndlessly writes first, and then more until that fails. It returns an error if the
// server reads too much.
func sendEndlessly(conn net.Conn, first, more []byte) error {
	conn.Write(first)
	for range tooMuch / len(more) {
		if _, err := conn.Write(more); err != nil {
			return nil
		}
	}
	return fmt.Errorf("the server has read %d bytes of headers", tooMuch)
}

func needsHeaders(tg *target) string {
	if tg.wire.endless == "" {
		return "the protocol has nothing without an announced length"
	}
	return ""
}
