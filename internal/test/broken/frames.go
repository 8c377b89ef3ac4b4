package broken

import (
	"encoding/binary"
	"io"
	"math"
	"net"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A readFunc reads the next request on conn into p. It may call stop to close the
// server.
type readFunc = func(conn net.Conn, p *payload.Payload, stop func()) error

// listenWith starts a server for clients of package tcp that reads requests with
// read. A request is a frame as package stream defines it.
func listenWith(addr string, read readFunc) (echo.Server, error) {
	l, err := stream.Listen("broken", addr)
	if err != nil {
		return nil, err
	}
	var srv *stream.Server
	started := make(chan struct{})
	stop := func() {
		<-started
		go srv.Close() // not here, because Close waits for the handler that calls stop
	}
	srv = stream.Serve(l, func(conn net.Conn) {
		var p payload.Payload
		for read(conn, &p, stop) == nil {
			payload.Stamp(&p)
			if _, err := conn.Write(stream.AppendFrame(nil, &p)); err != nil {
				return
			}
		}
	})
	close(started)
	return srv, nil
}

func readHeader(conn net.Conn) (length int, err error) {
	var header [stream.FrameHeader]byte
	_, err = io.ReadFull(conn, header[:])
	return int(min(binary.BigEndian.Uint32(header[:]), math.MaxInt32)), err
}

// readBody reads an encoded request without allocating more than arrives.
func readBody(conn net.Conn, length int, p *payload.Payload) error {
	body, err := io.ReadAll(io.LimitReader(conn, int64(length)))
	if err != nil {
		return err
	}
	return stream.DecodeFrame(body, p)
}

// readInto reads an encoded request, which has the length of body.
func readInto(conn net.Conn, body []byte, p *payload.Payload) error {
	if _, err := io.ReadFull(conn, body); err != nil {
		return err
	}
	return stream.DecodeFrame(body, p)
}
