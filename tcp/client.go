package tcp

import (
	"io"
	"net"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// newClient returns the Client of one connection, which owns conn and reads from
// and writes to wire.
func (t *Transport) newClient(conn net.Conn, wire io.ReadWriter, limit payload.Size) echo.Client {
	switch {
	case t.Mux:
		return newMux(conn, wire, limit)
	case t.Grants > 0:
		codec := announcingCodec{newPooledCodec(wire, limit, &t.buffers)}
		return stream.NewClient("tcp", conn, codec, limit)
	default:
		return stream.NewClient("tcp", conn, stream.NewFrameCodec(wire, limit), limit)
	}
}
