package trial

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
)

// Prefixes returns the length n in several encodings, each of them followed by only
// a few bytes.
func Prefixes(n uint64) [][]byte {
	var pieces [][]byte
	for _, prefix := range [][]byte{
		binary.BigEndian.AppendUint32(nil, uint32(n)),
		binary.LittleEndian.AppendUint32(nil, uint32(n)),
		binary.BigEndian.AppendUint64(nil, n),
		binary.LittleEndian.AppendUint64(nil, n),
		binary.AppendUvarint(nil, n),
		fmt.Appendf(nil, "%d\r\n", n),
	} {
		pieces = append(pieces, append(prefix, make([]byte, 16)...))
	}
	return pieces
}

// altered returns copies of sent, a valid request with its handshake. In each copy,
// either one byte has the value b, or one number in decimal digits has the value n.
// The byte is one of the first 8 or one of the 24 before the body, because lengths are
// there; if few is true, it is one of the 8 before the body. The last byte comes
// first, so that lengths in big-endian order grow.
func altered(sent, body []byte, b byte, n int, few bool) [][]byte {
	at := bytes.Index(sent, body)
	if at < 0 {
		at = 0 // the request is encrypted or compressed
	}
	var pieces [][]byte
	alter := func(from, to int) {
		for i := to - 1; i >= max(from, 0); i-- {
			piece := bytes.Clone(sent)
			piece[i] = b
			pieces = append(pieces, piece)
		}
	}
	if few {
		alter(at-8, at)
	} else {
		alter(max(at-24, 8), at)
		alter(0, min(8, len(sent)))
	}
	for _, digits := range decimal.FindAllIndex(sent[:at], 4) {
		pieces = append(pieces, bytes.Join([][]byte{sent[:digits[0]], sent[digits[1]:]}, strconv.AppendInt(nil, int64(n), 10)))
	}
	return pieces
}

var decimal = regexp.MustCompile(`\b\d{2,}\b`)
