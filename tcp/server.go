package tcp

import (
	"net"

	"github.com/echobench/echobench/payload"
)

// answer serves one connection until the client closes it, sends what is not a
// message, or the server closes it. There is nobody to report an error to: the
// client sees its connection closed.
func answer(conn net.Conn, limit payload.Size) {
	in := newFrameReader(conn, limit)
	var p payload.Payload
	var out []byte
	for {
		if err := in.read(&p); err != nil {
			return
		}
		payload.Stamp(&p)
		var err error
		if out, err = appendFrame(out[:0], &p); err != nil {
			return
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}
