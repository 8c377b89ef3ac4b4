package gorpcecho

import (
	"bytes"
	"encoding/binary"
)

// A form is how gob encodes one of gorpc's two types. The encoding is described in
// the documentation of package encoding/gob.
type form struct {
	before, after string   // what surrounds the type id in the definition
	values        []string // what can follow the ID in a value
}

// definition returns the definition of the form's type without the negated type id
// that it begins with.
func (f form) definition(typeID uint64) []byte {
	return append(appendGobUint([]byte(f.before), typeID<<1), f.after...)
}

// In these strings a number before a field is the difference between the field's
// index and that of the field before it, and \x00 ends a structure. \x06, \x0c and
// \x10 are the types uint, string and interface, and \n is the type []byte; each is
// twice its type id, as gob encodes a positive signed integer.
var (
	requests = form{
		before: "\x03\x01\x01\x0bwireRequest\x01",
		after:  "\x00\x01\x02\x01\x02ID\x01\x06\x00\x01\x07Request\x01\x10\x00\x00\x00",
		values: []string{"\x01\x07[]uint8\n"},
	}
	responses = form{
		before: "\x03\x01\x01\x0cwireResponse\x01",
		after:  "\x00\x01\x03\x01\x02ID\x01\x06\x00\x01\x08Response\x01\x10\x00\x01\x05Error\x01\x0c\x00\x00\x00",
		values: []string{"\x01\x07[]uint8\n", "\x01\x06string\x0c", "\x02"}, // the last one has an Error but no Response
	}
)

// maxGobUint is the most bytes of an encoded unsigned integer.
const maxGobUint = 9

// gobUint decodes the unsigned integer at the beginning of b. gob writes an integer
// up to 127 as one byte, and any other as the negated number of the bytes that
// follow, most significant first. n is the length of the encoded integer: 0 if b
// ends too early, and negative if b does not begin with an integer.
func gobUint(b []byte) (v uint64, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	if b[0] <= 0x7f {
		return uint64(b[0]), 1
	}
	size := -int(int8(b[0]))
	if size > 8 {
		return 0, -1
	}
	if len(b) <= size {
		return 0, 0
	}
	var be [8]byte
	copy(be[8-size:], b[1:1+size])
	return binary.BigEndian.Uint64(be[:]), 1 + size
}

// appendGobUint appends v to b as gob encodes it.
func appendGobUint(b []byte, v uint64) []byte {
	if v <= 0x7f {
		return append(b, byte(v))
	}
	be := bytes.TrimLeft(binary.BigEndian.AppendUint64(nil, v), "\x00")
	return append(append(b, byte(-len(be))), be...)
}
