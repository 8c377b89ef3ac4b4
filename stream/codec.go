package stream

import "github.com/echobench/echobench/payload"

// A Codec reads and writes the messages of one connection. Only one goroutine at
// a time calls it. The server and the client of a connection each have a Codec.
type Codec interface {
	// Read reads one message into p. After an error the connection is closed.
	Read(p *payload.Payload) error

	// Write writes p, with one write call if possible.
	Write(p *payload.Payload) error
}

// Answer echoes the messages of one connection until one cannot be read or
// written or has more data than the limit. It returns no error, because the
// server has nobody to report it to: the client sees that its connection was
// closed.
func Answer(c Codec, limit payload.Size) {
	var p payload.Payload
	for {
		if c.Read(&p) != nil || len(p.Data) > int(limit) {
			return
		}
		payload.Stamp(&p)
		if c.Write(&p) != nil {
			return
		}
	}
}
