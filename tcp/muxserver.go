package tcp

import (
	"io"

	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// flushAt bounds how many bytes of replies the server of a multiplexed connection
// gathers for one write. More would save few system calls and leave the client
// idle in the meantime.
const flushAt = 16 << 10

// answerMux echoes the messages of one multiplexed connection in the order in which
// they arrive, until one cannot be read or written or has more data than the limit.
// It writes the replies to messages that arrived together with one call. While a
// client does not read its replies, answerMux does not read from it.
func answerMux(conn io.ReadWriter, limit payload.Size) {
	r := newMuxReader(conn, limit)
	var p payload.Payload
	var out []byte
	for {
		number, body, err := r.next()
		if err != nil || stream.DecodeFrame(body, &p) != nil || len(p.Data) > int(limit) {
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
