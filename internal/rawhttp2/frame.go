// Package rawhttp2 is a client of HTTP/2 that sends frames one by one, for tests of
// what a server does when its client breaks the rules, or keeps them and does not read.
package rawhttp2

import "encoding/binary"

// Types of frames (RFC 9113, section 6).
const (
	FrameData         = 0x0
	FrameHeaders      = 0x1
	FrameReset        = 0x3
	FrameSettings     = 0x4
	FramePing         = 0x6
	FrameWindowUpdate = 0x8
	FrameContinuation = 0x9
)

// Flags of frames.
const (
	FlagAck        = 0x1 // of SETTINGS and PING
	FlagEndStream  = 0x1
	FlagEndHeaders = 0x4
)

// Preface is what a client sends before its first frame (RFC 9113, section 3.4).
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// MaxData is how many bytes the payload of a frame may have at most, as long as the
// server has not allowed more.
const MaxData = 16 << 10

const settingInitialWindow = 0x4

// NoWindow is the payload of a SETTINGS frame that permits the server to send nothing
// of a response's body.
var NoWindow = []byte{0, settingInitialWindow, 0, 0, 0, 0}

// AppendFrame appends a frame to b.
func AppendFrame(b []byte, kind, flags byte, stream uint32, payload []byte) []byte {
	n := len(payload)
	b = append(b, byte(n>>16), byte(n>>8), byte(n), kind, flags)
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

// A Field is the name and the value of a header field.
type Field [2]string

// AppendPost appends the header fields of a POST request over http to b, encoded
// without Huffman codes and without the dynamic table (RFC 7541, section 6.2.2).
func AppendPost(b []byte, fields ...Field) []byte {
	b = append(b, 0x83, 0x86) // :method POST, :scheme http (RFC 7541, appendix A)
	for _, field := range fields {
		b = appendString(append(b, 0), field[0])
		b = appendString(b, field[1])
	}
	return b
}

// appendString appends a string as HPACK encodes it (RFC 7541, section 5).
func appendString(b []byte, s string) []byte {
	if len(s) < 127 {
		b = append(b, byte(len(s)))
	} else {
		b = binary.AppendUvarint(append(b, 127), uint64(len(s)-127))
	}
	return append(b, s...)
}
