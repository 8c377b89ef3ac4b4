package tcp

import (
	"io"

	"github.com/echobench/echobench/payload"
)

// flushAt bounds the replies that a multiplexed server gathers for one write:
// more would save few system calls, and leave the client idle meanwhile.
const flushAt = 16 << 10

// answerMux echoes the messages of one multiplexed connection, in the order in
// which they come. Replies to what arrived together are written together. While
// a client does not read its replies, nothing more is read from it.
func answerMux(conn io.ReadWriter, limit payload.Size) {
	r := newMuxReader(conn, limit)
	var p payload.Payload
	var out []byte
	for {
		number, body, err := r.next()
		if err != nil || decode(body, &p) != nil {
			return
		}
		payload.Stamp(&p)
		out = appendMuxFrame(out, number, &p)
		if len(out) < flushAt && r.ready() {
			continue
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
		out = out[:0]
	}
}
