package grpcecho

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// encode returns the frame with a payload of zeros.
func (f frame) encode() []byte {
	b := make([]byte, frameHeader+f.length)
	b[0], b[1], b[2] = byte(f.length>>16), byte(f.length>>8), byte(f.length)
	b[3], b[4] = f.kind, f.flags
	binary.BigEndian.PutUint32(b[5:], f.stream)
	return b
}

// A scanner finds the same frames however the bytes are cut.
func TestScanner(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var sent []byte
	var want []frame
	for range 1000 {
		f := frame{length: random.IntN(40), kind: byte(random.IntN(10)), flags: byte(random.IntN(256)), stream: random.Uint32() &^ (1 << 31)}
		want = append(want, f)
		sent = append(sent, f.encode()...)
	}
	for _, most := range []int{1, 8, 100, len(sent)} {
		var s scanner
		var got []frame
		for rest := sent; len(rest) > 0; {
			n := min(1+random.IntN(most), len(rest))
			for f, b, ok := s.next(rest[:n]); ok; f, b, ok = s.next(b) {
				got = append(got, f)
			}
			rest = rest[n:]
		}
		if !slices.Equal(got, want) {
			t.Errorf("cut into up to %d bytes: %d frames, or others than the %d that were sent", most, len(got), len(want))
		}
	}
}
