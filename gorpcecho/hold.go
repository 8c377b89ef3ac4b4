package gorpcecho

import (
	"bytes"
	"slices"
)

// gob allocates a buffer for a whole message as soon as it knows the length. So that
// a few bytes which announce a long message do not take as much memory as the
// message, a gate lets gob see the last byte of a long message's length only after a
// quarter of the message has arrived.

const (
	// longMessage is the length in bytes above which a message is long. The gate passes
	// shorter ones on as they arrive, which saves copying them.
	longMessage = 128 << 10

	// gobChunk is the most bytes that gob allocates before any of them has arrived.
	gobChunk = 10 << 20
)

// keepBack is called when b, which has just been scanned, contains the end of a long
// message's prefix. If too little of the message has arrived, keepBack copies that
// part to g.held. It returns how many bytes of b gob may see.
func (g *gate) keepBack(b []byte) int {
	at := g.long
	g.long = -1
	if len(b)-at >= g.need {
		g.need = 0
		return len(b)
	}
	g.held = bytes.Clone(b[at:])
	return at
}

// hold reads until g.held is long enough. Its storage grows with what has arrived.
func (g *gate) hold() error {
	for len(g.held) < g.need {
		have := len(g.held)
		if have == cap(g.held) {
			g.held = slices.Grow(g.held, max(have, 4<<10))
		}
		n, err := g.r.Read(g.held[have:min(cap(g.held), g.need)])
		g.held = g.held[:have+n]
		if scanned := g.scan(g.held[have:]); scanned != nil {
			return scanned
		}
		if err != nil {
			return err
		}
	}
	g.need = 0
	return nil
}

// release moves bytes from g.held to p.
func (g *gate) release(p []byte) int {
	n := copy(p, g.held)
	if g.held = g.held[n:]; len(g.held) == 0 {
		g.held = nil
	}
	return n
}
