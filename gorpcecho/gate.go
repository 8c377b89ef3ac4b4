package gorpcecho

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// A gate reads a gob stream of gorpc's for gob, and fails before gob has seen a
// message that would make it allocate more than the limit.
//
// gob alone trusts a length up to 1 GiB, and a few bytes of it may say that a
// request is a slice of millions. So the gate knows the one form that a stream
// has: first the definition of wireRequest or wireResponse, then values of it
// that hold a []byte or a string. gob allocates at most the message's length for
// each of those. The gate copies only the heads of messages.
type gate struct {
	r     io.Reader
	form  form
	limit payload.Size
	err   error // sticky

	prefix []byte // of the message's length, as far as it has come
	length int    // of the message; 0 while in the prefix
	head   []byte // as far as it has come
	skip   int    // what is left behind the head
	typeID uint64 // of form's type in this stream; 0 before the definition
}

const (
	// headSize is enough for both definitions and for the head of a value.
	headSize = 96

	// gobOverhead is more than gob adds to a []byte in a value: a type id, an ID,
	// the word "[]uint8" and two lengths.
	gobOverhead = 64

	// minWireLimit leaves room for a refusal, however small MaxSize is.
	minWireLimit = 512
)

func newGate(r io.Reader, form form, limit payload.Size) *gate {
	return &gate{r: r, form: form, limit: limit, prefix: make([]byte, 0, 9), head: make([]byte, 0, headSize)}
}

// Read implements io.Reader. gob decodes a message only when it has all of it,
// so it is enough that the error comes no later than the head's last byte.
func (g *gate) Read(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	n, err := g.r.Read(p)
	if g.err = g.scan(p[:n]); g.err != nil {
		return 0, g.err
	}
	return n, err
}

func (g *gate) scan(b []byte) error {
	for len(b) > 0 {
		switch {
		case g.skip > 0:
			n := min(g.skip, len(b))
			g.skip -= n
			b = b[n:]
		case g.length > 0:
			want := min(g.length, headSize)
			n := min(want-len(g.head), len(b))
			g.head = append(g.head, b[:n]...)
			b = b[n:]
			if len(g.head) < want {
				break
			}
			if err := g.check(g.head, g.length); err != nil {
				return err
			}
			g.skip = g.length - want
			g.length, g.head = 0, g.head[:0]
		default:
			g.prefix = append(g.prefix, b[0])
			b = b[1:]
			length, n := gobUint(g.prefix)
			if n < 0 {
				return errNotGorpc
			}
			if n == 0 {
				break // not all of it yet
			}
			limit := max(uint64(g.limit)+payload.Overhead+gobOverhead, minWireLimit)
			if length > limit {
				return fmt.Errorf("message of %d bytes exceeds the limit of %v of data: %w", length, g.limit, echo.ErrTooLarge)
			}
			if length == 0 {
				return errNotGorpc
			}
			g.length, g.prefix = int(length), g.prefix[:0]
		}
	}
	return nil
}

var errNotGorpc = errors.New("not a gob stream as gorpc writes it")

// check checks a message by its head.
func (g *gate) check(head []byte, length int) error {
	if g.typeID == 0 {
		id, n := gobUint(head)
		// gob writes a signed integer as its absolute value shifted left by one, and
		// a definition's type id negated: -id is ^(id-1).
		if n <= 0 || id&1 == 0 {
			return errNotGorpc
		}
		g.typeID = id>>1 + 1
		if length > headSize || !bytes.Equal(head[n:], g.form.definition(g.typeID)) {
			return errNotGorpc
		}
		return nil
	}
	id, n := gobUint(head)
	if n <= 0 || id != g.typeID<<1 {
		return errNotGorpc
	}
	head, ok := bytes.CutPrefix(head[n:], []byte{1}) // the first field, the ID
	if !ok {
		return errNotGorpc
	}
	if _, n = gobUint(head); n <= 0 {
		return errNotGorpc
	}
	for _, value := range g.form.values {
		if bytes.HasPrefix(head[n:], []byte(value)) {
			return nil
		}
	}
	return errNotGorpc
}

// A form is what gob writes for one of gorpc's types.
type form struct {
	before, after string   // what stands around the type's id in its definition
	values        []string // what may follow the ID in a value
}

// definition is what follows the negated type id.
func (f form) definition(id uint64) []byte {
	return append(appendGobUint([]byte(f.before), id<<1), f.after...)
}

// Numbers before a field are the distance to the field before it, in a structure
// that a 0 ends. \x06, \x0c and \x10 are the types uint, string and interface,
// \n is the type []byte.
var (
	requests = form{
		before: "\x03\x01\x01\x0bwireRequest\x01",
		after:  "\x00\x01\x02\x01\x02ID\x01\x06\x00\x01\x07Request\x01\x10\x00\x00\x00",
		values: []string{"\x01\x07[]uint8\n"},
	}
	responses = form{
		before: "\x03\x01\x01\x0cwireResponse\x01",
		after:  "\x00\x01\x03\x01\x02ID\x01\x06\x00\x01\x08Response\x01\x10\x00\x01\x05Error\x01\x0c\x00\x00\x00",
		values: []string{"\x01\x07[]uint8\n", "\x01\x06string\x0c", "\x02"}, // the last is Error alone
	}
)

// gobUint decodes an unsigned integer at the beginning of b: up to 127 it is one
// byte, else the negated count of the bytes that follow, big-endian. It returns
// how many bytes it took: 0 if b is too short, negative if b is none.
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

func appendGobUint(b []byte, v uint64) []byte {
	if v <= 0x7f {
		return append(b, byte(v))
	}
	be := bytes.TrimLeft(binary.BigEndian.AppendUint64(nil, v), "\x00")
	return append(append(b, byte(-len(be))), be...)
}
