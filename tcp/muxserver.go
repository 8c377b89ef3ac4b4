package tcp

import (
	"io"

	"github.com/echobench/echobench/internal/protocol/inprogress"
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
// client does not read its replies, answerMux does not read from it. A message is in
// progress from when it was read until the reply is written with others; messages
// over the limit of progress are refused.
func answerMux(conn io.ReadWriter, limit payload.Size, d *deadlines, progress *inprogress.Limit) {
	r := newMuxReader(conn, limit)
	var p payload.Payload
	var out []byte
	counted := 0 // messages in progress
	defer func() { progress.End(counted) }()
	for {
		if !r.ready() {
			d.begin()
		}
		number, body, err := r.next()
		if err != nil {
			return
		}
		if progress.Begin() {
			counted++
			if stream.DecodeFrame(body, &p) != nil || len(p.Data) > int(limit) {
				return
			}
			payload.Stamp(&p)
			out = appendMuxFrame(out, number, &p)
		} else {
			out = appendMuxRefusal(out, number)
		}
		if len(out) < flushAt && r.ready() {
			continue
		}
		if counted > 0 {
			progress.Yield()
			progress.End(counted)
			counted = 0
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
		out = out[:0]
	}
}
