package mux

import (
	"io"

	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"github.com/echobench/echobench/tcp/internal/deadline"
)

// flushAt is how many bytes of replies make a server write them, even if it could read
// more requests. A larger value would save few system calls and leave the client idle
// in the meantime.
const flushAt = 16 << 10

// Answer echoes the messages of one connection in the order in which they arrive, until
// one cannot be read or written or has more data than the limit. It writes the replies
// to messages that arrived together with one call. While a client does not read its
// replies, Answer does not read from it.
//
// A message is in progress from when it was read until its reply is written. Messages
// over the limit of progress are refused.
func Answer(conn io.ReadWriter, limit payload.Size, d *deadline.Setter, progress *inprogress.Limit) {
	r := newReader(conn, limit)
	var p payload.Payload
	var out []byte
	counted := 0 // messages in progress
	defer func() { progress.End(counted) }()
	for {
		if !r.ready() {
			d.Begin()
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
			out = appendFrame(out, number, &p)
		} else {
			out = appendRefusal(out, number)
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
