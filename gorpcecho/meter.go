package gorpcecho

// A meter counts the values in a gob stream that gorpc has written.
type meter struct {
	prefix [maxGobUint]byte // the part of the length of the message that has been seen
	seen   int              // how many bytes of the prefix have been seen
	length int              // of the message, in bytes
	skip   int              // how many bytes of the message are missing
	values bool             // the definition, which is the first message, is over
}

// count returns how many values end in b, the next bytes of the stream, and the sum
// of their weights as answers.
func (m *meter) count(b []byte) (values, bytes int) {
	for len(b) > 0 {
		if m.skip == 0 {
			b = m.start(b)
			continue
		}
		n := min(m.skip, len(b))
		m.skip -= n
		b = b[n:]
		if m.skip > 0 {
			break
		}
		if m.values {
			values++
			bytes += weight(m.length - answerGrowth)
		}
		m.values = true
	}
	return values, bytes
}

// start takes a byte of the prefix from b and returns the rest.
func (m *meter) start(b []byte) []byte {
	m.prefix[m.seen] = b[0]
	m.seen++
	if length, n := gobUint(m.prefix[:m.seen]); n > 0 {
		m.length, m.skip, m.seen = int(length), int(length), 0
	}
	return b[1:]
}
