// Package payload defines the message that every protocol carries,
// Payload{id, data, timestamp}: its encoding, its bodies and the names of its
// sizes.
//
// The size of a message is the length of its data. An encoded message is up to
// [Overhead] bytes longer.
package payload

import (
	"math/rand/v2"
	"time"
)

//go:generate protoc --plugin=protoc-gen-go=../tools/protoc-gen-go --proto_path=echobench/payload=. --go_out=.. --go_opt=module=github.com/echobench/echobench echobench/payload/payload.proto

// Overhead is how much longer than its data an encoded Payload can be, in bytes:
// id and timestamp take 9 bytes each, and the tag and the length of data at most 6.
const Overhead = 9 + 9 + 6

// Body returns n bytes that depend only on n and seed, and that do not compress. A
// transport that compresses could carry a body of zeros almost for free.
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

// Stamp turns the request p into its reply: it sets the timestamp to the present
// time of the server's clock, and keeps the id and the data. Every server calls it.
func Stamp(p *Payload) { p.Timestamp = time.Now().UnixNano() }
