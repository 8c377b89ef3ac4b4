package attack

import (
	"io"
	"net"
	"sync/atomic"

	"github.com/echobench/echobench/payload"
)

// A tampering changes what a server sends. offset is how many bytes it has sent on the
// connection since the tampering began. If end is true, the connection is closed
// afterwards.
type tampering struct {
	name   string
	change func(offset int, b []byte) (sent []byte, end bool)
}

// tamperings returns what hostile servers do.
func tamperings() []tampering {
	all := []tampering{
		{"never answers", func(int, []byte) ([]byte, bool) { return nil, false }},
		{"answers with garbage", func(offset int, b []byte) ([]byte, bool) { return payload.Body(len(b), uint64(offset)), false }},
		{"closes after each answer", func(_ int, b []byte) ([]byte, bool) { return b, true }},
	}
	for _, n := range []int{0, 1, 5, 12, 40} {
		all = append(all, tampering{"closes after " + payload.Size(n).String(), func(offset int, b []byte) ([]byte, bool) {
			left := max(0, n-offset)
			return b[:min(left, len(b))], left <= len(b)
		}})
	}
	// This includes lengths that are huge or that exceed what follows, unknown ids and
	// streams, and other types of messages.
	for i := range 32 {
		all = append(all, flipped(i, 0xff>>(i%2*2)))
	}
	return all
}

// flipped changes some bits of one byte.
func flipped(at int, bits byte) tampering {
	return tampering{"changes byte " + payload.Size(at).String(), func(offset int, b []byte) ([]byte, bool) {
		if i := at - offset; 0 <= i && i < len(b) {
			b[i] ^= bits
		}
		return b, false
	}}
}

// A traitor passes connections on to a server, and tampers with what the server sends.
type traitor struct {
	tampering
	backend string
	on      atomic.Bool // whether it tampers
}

// handle passes one connection on until either end is closed.
func (s *traitor) handle(client net.Conn) {
	server, err := net.Dial("tcp", s.backend)
	if err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer server.Close()
		io.Copy(server, client)
	}()
	s.replies(client, server)
	client.Close()
	server.Close()
	<-done
}

func (s *traitor) replies(client, server net.Conn) {
	offset := 0
	for buf := make([]byte, 32<<10); ; {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		b, end := buf[:n], false
		if s.on.Load() {
			b, end = s.change(offset, b)
			offset += n
		}
		if _, err := client.Write(b); err != nil || end {
			return
		}
	}
}
