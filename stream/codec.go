package stream

import "github.com/echobench/echobench/payload"

// A Codec reads and writes the messages of one connection. It is called by one
// goroutine at a time, but a server's and a client's are two Codecs.
type Codec interface {
	// Read reads one message into p. An error ends the connection's use.
	Read(p *payload.Payload) error
	// Write writes p with one write call where it can.
	Write(p *payload.Payload) error
}

// Answer echoes messages until one can't be read or written. There is nobody to
// report that error to: the client sees its connection closed.
func Answer(c Codec) {
	var p payload.Payload
	for {
		if c.Read(&p) != nil {
			return
		}
		payload.Stamp(&p)
		if c.Write(&p) != nil {
			return
		}
	}
}
