package gorpcecho

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// A gate is a reader that passes a gob stream from gorpc on to gob. It returns an
// error before gob has read a message that would make it allocate more than the
// limit.
//
// gob alone accepts messages of up to 1 GiB, in which a few bytes can claim that a
// request is a slice of millions of elements. The gate therefore accepts a stream
// only in the one form that gorpc writes: first the definition of wireRequest or
// wireResponse, then values of that type that hold a []byte or a string. For each
// of those gob allocates at most the length of the message. The gate copies only
// the beginning of each message, and a quarter of a long one.
type gate struct {
	r     io.Reader
	form  form
	limit payload.Size
	err   error // of every Read after the first that failed

	prefix []byte // the part of the length of the message that has been read
	length int    // of the message, in bytes; 0 while the prefix is incomplete
	head   []byte // the part of the head of the message that has been read
	skip   int    // how many bytes of the message come after the head
	typeID uint64 // of the form's type in this stream; 0 before the definition

	passed passed // since the last call of take

	// For long messages; see hold.go.
	long int    // index of the last byte of a long message's prefix in what was scanned last; or -1
	held []byte // the beginning of a long message, which gob does not see yet
	need int    // how many bytes held must have before gob sees them; 0 if it may
}

// passed says which values a gate has passed on.
type passed struct {
	begun  int // values whose heads have been passed on
	weight int // of these
	whole  int // values that have been passed on to their last byte
}

const (
	// headSize is the most bytes that the gate needs to see of a message. It is
	// enough for both definitions and for the beginning of a value.
	headSize = 96

	// gobOverhead is the most bytes that gob and gorpc add to a []byte in a value,
	// generously: a type id, an ID, the name "[]uint8" and two lengths.
	gobOverhead = 64

	// minMessageLimit leaves room for the reason of a refusal, however small MaxSize
	// is.
	minMessageLimit = 512
)

var errNotGorpc = errors.New("not a gob stream as gorpc writes it")

func newGate(r io.Reader, form form, limit payload.Size) *gate {
	return &gate{r: r, form: form, limit: limit, long: -1, prefix: make([]byte, 0, maxGobUint), head: make([]byte, 0, headSize)}
}

// Read implements io.Reader. gob decodes a message only after it has read all of
// it, so it is early enough to fail at the last byte of the head.
func (g *gate) Read(p []byte) (int, error) {
	if g.err == nil && g.need > 0 {
		g.err = g.hold()
	}
	if g.err != nil {
		return 0, g.err
	}
	if len(g.held) > 0 {
		return g.release(p), nil
	}
	n, err := g.r.Read(p)
	if g.err = g.scan(p[:n]); g.err != nil {
		return 0, g.err
	}
	if g.long >= 0 {
		n = g.keepBack(p[:n])
	}
	if n == 0 && err == nil && g.need > 0 { // all of it is kept back
		return g.Read(p)
	}
	return n, err
}

// scan follows the messages in b, the next bytes of the stream.
func (g *gate) scan(b []byte) (err error) {
	all := len(b)
	for len(b) > 0 && err == nil {
		switch {
		case g.skip > 0: // only values are longer than a head
			n := min(g.skip, len(b))
			g.skip -= n
			b = b[n:]
			if g.skip == 0 {
				g.passed.whole++
			}
		case g.length > 0:
			b, err = g.scanHead(b)
		default:
			g.prefix = append(g.prefix, b[0])
			b = b[1:]
			if err = g.checkPrefix(); g.length > longMessage {
				g.long, g.need = all-len(b)-1, 1+min(g.length, gobChunk)/4
			}
		}
	}
	return err
}

// scanHead takes bytes of the head from b and returns the rest of b. It checks the
// head when it is complete.
func (g *gate) scanHead(b []byte) ([]byte, error) {
	want := min(g.length, headSize)
	n := min(want-len(g.head), len(b))
	g.head = append(g.head, b[:n]...)
	if len(g.head) == want {
		value := g.typeID != 0 // the first message is the definition
		if err := g.checkHead(g.head, g.length); err != nil {
			return nil, err
		}
		g.skip = g.length - want
		if value {
			g.count()
		}
		g.length, g.head = 0, g.head[:0]
	}
	return b[n:], nil
}

// count counts a value whose head is complete.
func (g *gate) count() {
	g.passed.begun++
	g.passed.weight += weight(g.length)
	if g.skip == 0 {
		g.passed.whole++
	}
}

// take returns which values the gate has passed on since the last call of take.
func (g *gate) take() passed {
	p := g.passed
	g.passed = passed{}
	return p
}

// checkPrefix checks the length of the next message if the prefix is complete.
func (g *gate) checkPrefix() error {
	length, n := gobUint(g.prefix)
	if n < 0 {
		return errNotGorpc
	}
	if n == 0 {
		return nil // incomplete
	}
	limit := max(uint64(g.limit)+payload.Overhead+gobOverhead, minMessageLimit)
	if length > limit {
		return fmt.Errorf("message of %d bytes exceeds the limit of %v of data: %w", length, g.limit, echo.ErrTooLarge)
	}
	if length == 0 {
		return errNotGorpc
	}
	g.length, g.prefix = int(length), g.prefix[:0]
	return nil
}

// checkHead checks a message of the given length by its head.
func (g *gate) checkHead(head []byte, length int) error {
	id, n := gobUint(head)
	if n <= 0 {
		return errNotGorpc
	}
	if g.typeID != 0 {
		return g.checkValue(id, head[n:])
	}
	// A definition begins with its negated type id. gob writes a negative integer i
	// as the unsigned integer ^i<<1 | 1, so this is (typeID-1)<<1 | 1.
	if id&1 == 0 {
		return errNotGorpc
	}
	g.typeID = id>>1 + 1
	if length > headSize || !bytes.Equal(head[n:], g.form.definition(g.typeID)) {
		return errNotGorpc
	}
	return nil
}

// checkValue checks a message that must be a value. id is the type id that it
// begins with, as gob encodes it, and head is what follows in the head.
func (g *gate) checkValue(id uint64, head []byte) error {
	if id != g.typeID<<1 {
		return errNotGorpc
	}
	head, ok := bytes.CutPrefix(head, []byte{1}) // the first field: the ID
	if !ok {
		return errNotGorpc
	}
	ID, n := gobUint(head)
	if n <= 0 || ID == 0 { // gorpc does not answer an ID of 0
		return errNotGorpc
	}
	for _, value := range g.form.values {
		if bytes.HasPrefix(head[n:], []byte(value)) {
			return nil
		}
	}
	return errNotGorpc
}
