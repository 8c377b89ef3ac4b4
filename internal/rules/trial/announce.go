package trial

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"regexp"
	"runtime/metrics"
	"slices"
	"strconv"
	"time"
)

// What a server may allocate for a length that a client has announced, before the
// data arrives, in bytes: for one within the limit, and for one beyond it. Libraries
// such as encoding/gob allocate the first 10 MiB of any length.
const (
	allowedWithin = 1 << 20
	allowedBeyond = 16 << 20
)

// announcedLength announces lengths to a server, and looks at how much memory the
// process allocates for each of them.
func announcedLength(t *Trial) {
	t.NeedProxy()
	if err := t.AllocatesTooMuch(); err != nil {
		t.Error(err)
	}
}

// AllocatesTooMuch announces lengths to a server, first small ones and then larger
// ones, until the server allocates too much. All checks of a transport share the
// result, so that only one of them takes the risk that the process runs out of memory.
func (t *Trial) AllocatesTooMuch() error {
	t.Helper()
	if p := t.findPath(); !p.announced {
		p.announced = true
		p.tooMuch = t.announce()
	}
	return t.path.tooMuch
}

func (t *Trial) announce() error {
	t.Helper()
	srv := t.Listen()
	begin := time.Now()
	small, body := t.record(srv.Addr(), 64)
	a := &announcer{Trial: t, addr: srv.Addr(), wait: t.reactionTime(3*time.Millisecond, begin)}
	a.findBase(small[:len(small)-1])
	if err := a.within(); err != nil {
		return err
	}
	for _, step := range t.announcements(small, body) {
		if err := a.beyond(step); err != nil {
			return err
		}
	}
	t.MustEcho(t.Dial(srv.Addr()), t.Request(16))
	return nil
}

// record returns what a client sends for its first request until the end of the
// request's data, and that data. Only the first 64 KiB are recorded. What follows the
// data may be meant for one server only, such as the acknowledgement of a ping.
func (t *Trial) record(addr string, size int) (sent, body []byte) {
	t.Helper()
	p := t.StartProxy(addr)
	c := t.Dial(p.Addr())
	req := t.Request(size)
	t.MustEcho(c, req)
	sent = t.LongestStream(p)
	t.CloseClient(c)
	if at := bytes.Index(sent, req.Data); at >= 0 {
		sent = sent[:at+len(req.Data)]
	}
	return sent, req.Data
}

// An announcer sends pieces of requests to a server.
type announcer struct {
	*Trial
	addr string
	wait time.Duration // that a server has to react to a piece
	base uint64        // bytes that the process allocates for a connection with a small request
}

// findBase sends a piece of a small request, because a connection needs memory by
// itself. It does so again if the memory seems to be for something else.
func (a *announcer) findBase(piece []byte) {
	a.Helper()
	a.base = math.MaxUint64
	for range 3 {
		a.base = min(a.base, a.allocatedFor(piece))
		if a.Quick && a.base < allowedWithin/4 {
			return
		}
	}
}

// times returns how often to repeat a measurement that other goroutines may disturb.
func (a *announcer) times() int {
	if a.Quick {
		return 1
	}
	return 3
}

// within announces a length within the limit, and sends a little of the data.
func (a *announcer) within() error {
	a.Helper()
	size := 4 << 20
	if a.Quick {
		size = 2 * allowedWithin
	}
	size = min(size, a.MaxSize())
	if size < 2*allowedWithin {
		return nil
	}
	sent, body := a.record(a.addr, size)
	at := bytes.Index(sent, body[:64])
	if at < 0 {
		a.Logf("requests are encrypted or compressed: no length within MaxSize could be announced")
		return nil
	}
	for range a.times() {
		if got, ok := a.allocatesUpTo(a.base+allowedWithin, sent[:at+64]); !ok {
			return fmt.Errorf("a request of %d bytes, of which %d arrived, made the process allocate %d bytes, want %d at most", size, at+64, got, a.base+allowedWithin)
		}
	}
	return nil
}

// beyond sends the pieces of one step, which announce lengths beyond the limit, each on
// a connection of its own.
func (a *announcer) beyond(step announcement) error {
	a.Helper()
	if a.Quick {
		if got, ok := a.allocatesUpTo(uint64(len(step.pieces))*a.base+allowedBeyond, step.pieces...); !ok {
			return fmt.Errorf("%d connections that announced up to %d bytes each made the process allocate %d bytes, want %d at most for one", len(step.pieces), step.length, got, allowedBeyond)
		}
		return nil
	}
	for _, piece := range step.pieces {
		if got, ok := a.allocatesUpTo(a.base+allowedBeyond, piece); !ok {
			return fmt.Errorf("a connection that announced up to %d bytes and sent %d (%.32x...) made the process allocate %d bytes, want %d at most", step.length, len(piece), piece, got, a.base+allowedBeyond)
		}
	}
	return nil
}

// allocatesUpTo sends the pieces up to three times, until the process allocates at most
// maxBytes bytes, because something else may allocate a little at the same time. It returns
// what was allocated the last time, and whether that was little enough.
func (a *announcer) allocatesUpTo(maxBytes uint64, pieces ...[]byte) (got uint64, ok bool) {
	a.Helper()
	for range 3 {
		if got = a.allocatedFor(pieces...); got <= maxBytes {
			return got, true
		}
		if got > maxBytes+allowedBeyond {
			break // once more could take all of the memory
		}
	}
	return got, false
}

// allocatedFor sends each piece on a connection of its own, gives the server time to
// read it, closes the connections, and returns how much the process has allocated
// meanwhile. It gives the server time once more after the end of the stream, which
// makes some decompressors pass on what they have kept back.
func (a *announcer) allocatedFor(pieces ...[]byte) uint64 {
	a.Helper()
	before := Allocated()
	var conns []net.Conn
	for _, piece := range pieces {
		conn := a.DialRaw(a.addr)
		defer conn.Close()
		conn.SetWriteDeadline(time.Now().Add(2 * time.Millisecond))
		conn.Write(piece) // may fail, because the server may close the connection early
		conns = append(conns, conn)
	}
	conns = awaitReaction(conns, a.wait)
	for _, conn := range conns {
		if conn, ok := conn.(interface{ CloseWrite() error }); ok {
			conn.CloseWrite()
		}
	}
	awaitReaction(conns, a.wait)
	return Allocated() - before
}

// awaitReaction waits for d, or until the server has answered on each of the
// connections or closed it. It waits in steps, so that a machine that stops the process
// for a while does not take all of the time from the server. It returns the connections
// without a reaction.
func awaitReaction(conns []net.Conn, d time.Duration) (silent []net.Conn) {
	const steps = 4
	for range steps {
		end := time.Now().Add(d / steps)
		conns = slices.DeleteFunc(conns, func(conn net.Conn) bool {
			conn.SetReadDeadline(end)
			_, err := conn.Read(make([]byte, 1))
			return !errors.Is(err, os.ErrDeadlineExceeded)
		})
	}
	return conns
}

// Allocated returns how many bytes of Go's heap the process has allocated since it
// started.
func Allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// An announcement is a set of pieces that announce at most a certain length, if they
// announce any.
type announcement struct {
	length uint64
	pieces [][]byte
}

// announcements returns what to send in order of the lengths. sent is what a client
// sends for a valid request, and body is the data of that request.
func (t *Trial) announcements(sent, body []byte) []announcement {
	steps := []announcement{
		{64 << 20, append(Prefixes(64<<20), altered(sent, body, 0x04, 64<<20, t.Quick)...)},
		{1<<32 - 1, append(Prefixes(1<<32-1), altered(sent, body, 0x7f, 1<<31-1, t.Quick)...)},
	}
	if t.Quick {
		return steps[:1]
	}
	return steps
}

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
