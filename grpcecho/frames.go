package grpcecho

import "encoding/binary"

// A frame is the header of an HTTP/2 frame (RFC 9113, 4.1).
type frame struct {
	length int // of the payload, in bytes
	kind   byte
	flags  byte
	stream uint32
}

const (
	frameHeader  = 9 // bytes
	frameData    = 0x0
	frameHeaders = 0x1
	frameReset   = 0x3
	endStream    = 0x1 // a flag of DATA and HEADERS
)

// A scanner finds the frames in the bytes of one direction of a connection.
type scanner struct {
	skip   int // bytes until the next frame begins
	header [frameHeader]byte
	have   int // bytes of header
}

// next returns the next frame whose header ends in b, and the rest of b. ok is false
// if there is none, and b has then been scanned to its end.
func (s *scanner) next(b []byte) (f frame, rest []byte, ok bool) {
	for len(b) > 0 {
		if s.skip > 0 {
			n := min(s.skip, len(b))
			s.skip -= n
			b = b[n:]
			continue
		}
		n := copy(s.header[s.have:], b)
		s.have += n
		b = b[n:]
		if s.have < frameHeader {
			continue
		}
		s.have = 0
		f = frame{
			length: int(s.header[0])<<16 | int(s.header[1])<<8 | int(s.header[2]),
			kind:   s.header[3],
			flags:  s.header[4],
			stream: binary.BigEndian.Uint32(s.header[5:]) &^ (1 << 31), // the first bit is reserved
		}
		s.skip = f.length
		return f, b, true
	}
	return frame{}, nil, false
}
