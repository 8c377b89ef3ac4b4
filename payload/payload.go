// Package payload is the message that every protocol echoes: Payload{id, data,
// timestamp}, its encoding, its bodies and the names of its sizes.
//
// A size is always the number of bytes of data; the encoded message is up to
// [Overhead] bytes longer.
package payload

import (
	"math/rand/v2"
	"time"
)

//go:generate protoc --plugin=protoc-gen-go=../tools/protoc-gen-go --proto_path=echobench/payload=. --go_out=.. --go_opt=module=github.com/echobench/echobench echobench/payload/payload.proto

// Overhead is the most bytes that an encoded Payload is longer than its data:
// id and timestamp take 9 each, the tag and length of data at most 6.
const Overhead = 9 + 9 + 6

// Body returns n bytes that depend on n and seed alone and do not compress:
// a body of zeros would let a compressing transport carry almost nothing.
func Body(n int, seed uint64) []byte {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
		key[8+i] = byte(uint64(n) >> (8 * i))
	}
	b := make([]byte, n)
	rand.NewChaCha8(key).Read(b)
	return b
}

// Stamp makes p an answer: it sets the timestamp to now, on the server's
// clock, and leaves id and data as they came. Every server calls it.
func Stamp(p *Payload) { p.Timestamp = time.Now().UnixNano() }
