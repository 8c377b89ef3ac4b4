package attack

import (
	"encoding/binary"
	"strconv"

	"github.com/echobench/echobench/internal/rawhttp2"
)

// A call is a request over HTTP/2.
type call struct {
	fields []rawhttp2.Field
	body   []byte
	open   bool // whether further messages follow on the same stream
}

// echoOf returns a request for an echo.
func echoOf(size int) call {
	m := message(size)
	c := echoStreamed(size)
	c.fields = append(c.fields, rawhttp2.Field{"content-length", strconv.Itoa(len(m))})
	return c
}

// echoStreamed returns a request for an echo that does not announce its length.
func echoStreamed(size int) call {
	return call{
		fields: []rawhttp2.Field{{":path", "/echo"}, {":authority", "x"}, {"content-type", "application/x-protobuf"}},
		body:   message(size),
	}
}

func callUnary(size int) call  { return grpcCall("/echobench.grpcecho.Echo/Echo", size, false) }
func callStream(size int) call { return grpcCall("/echobench.grpcecho.Echo/EchoStream", size, true) }

// grpcCall returns a call of gRPC, whose messages are preceded by their lengths.
func grpcCall(method string, size int, open bool) call {
	m := message(size)
	return call{
		fields: []rawhttp2.Field{{":path", method}, {":authority", "x"}, {"content-type", "application/grpc"}, {"te", "trailers"}},
		body:   append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(m))), m...),
		open:   open,
	}
}

var (
	http2         = overHTTP2("HTTP/2", echoOf)
	http2Streamed = overHTTP2("HTTP/2", echoStreamed)
	grpcUnary     = exploding(overHTTP2("gRPC", callUnary))
	grpcStream    = exploding(overHTTP2("gRPC", callStream))
)

// settings is a client's first frame.
var settings = rawhttp2.AppendFrame(nil, rawhttp2.FrameSettings, 0, 0, rawhttp2.NoWindow)

func overHTTP2(name string, request func(size int) call) wire {
	first := func(size int) []byte { return request(size).encode(1) }
	begin := rawhttp2.AppendFrame(nil, rawhttp2.FrameHeaders, 0, 1, rawhttp2.AppendPost(nil, request(0).fields...))
	field := rawhttp2.AppendPost(nil, rawhttp2.Field{"x-field", headerOfSize})[2:]
	return wire{
		name:    name,
		hello:   rawhttp2.Preface + string(settings),
		first:   first,
		half:    len(rawhttp2.Preface),
		endless: rawhttp2.Preface + string(settings) + string(begin),
		more:    string(rawhttp2.AppendFrame(nil, rawhttp2.FrameContinuation, 0, 1, field)),
		http2:   request,
	}
}

// encode returns the frames of the call. Their sizes disregard the server's windows.
func (c call) encode(stream uint32) []byte {
	b := rawhttp2.AppendFrame(nil, rawhttp2.FrameHeaders, rawhttp2.FlagEndHeaders, stream, rawhttp2.AppendPost(nil, c.fields...))
	for rest := c.body; len(rest) > 0; {
		n := min(len(rest), rawhttp2.MaxData)
		flags := byte(0)
		if n == len(rest) && !c.open {
			flags = rawhttp2.FlagEndStream
		}
		b = rawhttp2.AppendFrame(b, rawhttp2.FrameData, flags, stream, rest[:n])
		rest = rest[n:]
	}
	return b
}
