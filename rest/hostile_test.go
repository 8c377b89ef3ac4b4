package rest

import (
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/testkit"
)

// Frames of HTTP/2 (RFC 9113, section 6).
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	frameReset        = 0x3
	frameSettings     = 0x4
	framePing         = 0x6
	frameWindowUpdate = 0x8

	flagAck        = 0x1
	flagEndStream  = 0x1
	flagEndHeaders = 0x4

	settingInitialWindow = 0x4
	dataMost             = 16 << 10 // bytes in a DATA frame
)

// A hostileClient speaks HTTP/2 and grants the server no window, so that no byte of a
// response's body can be sent to it. It keeps to the server's windows itself.
type hostileClient struct {
	*testing.T
	conn net.Conn

	mu       sync.Mutex
	changed  *sync.Cond
	window   map[uint32]int  // bytes that may be sent on each stream; 0 is the connection
	initial  int             // window of a new stream
	answered map[uint32]bool // streams on which the headers of a response, or a reset, have arrived
	nextID   uint32

	writing sync.Mutex    // held while a frame is written
	ended   chan struct{} // closed when the connection has ended
}

func dialHostile(t *testing.T, addr string) *hostileClient {
	t.Helper()
	c := &hostileClient{
		T:        t,
		conn:     testkit.DialTCP(t, addr),
		window:   map[uint32]int{0: 65535},
		initial:  65535,
		answered: map[uint32]bool{},
		nextID:   1,
		ended:    make(chan struct{}),
	}
	c.changed = sync.NewCond(&c.mu)
	c.conn.SetDeadline(time.Now().Add(5 * testkit.Hang))
	io.WriteString(c.conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	c.write(frameSettings, 0, 0, []byte{0, settingInitialWindow, 0, 0, 0, 0})
	go c.receive()
	t.Cleanup(func() {
		c.conn.Close()
		<-c.ended
	})
	return c
}

func (c *hostileClient) write(kind, flags byte, id uint32, body []byte) {
	b := []byte{byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body)), kind, flags}
	b = append(binary.BigEndian.AppendUint32(b, id), body...)
	c.writing.Lock()
	defer c.writing.Unlock()
	c.conn.Write(b)
}

// receive reads the server's frames.
func (c *hostileClient) receive() {
	defer close(c.ended)
	for {
		var header [9]byte
		if _, err := io.ReadFull(c.conn, header[:]); err != nil {
			return
		}
		body := make([]byte, int(header[0])<<16|int(header[1])<<8|int(header[2]))
		if _, err := io.ReadFull(c.conn, body); err != nil {
			return
		}
		kind, ack := header[3], header[4]&flagAck != 0
		switch id := binary.BigEndian.Uint32(header[5:]); {
		case kind == framePing && !ack:
			c.write(framePing, flagAck, 0, body)
		case kind == frameSettings && !ack:
			c.settings(body)
			c.write(frameSettings, flagAck, 0, nil)
		case kind == frameWindowUpdate:
			c.change(func() { c.window[id] += int(binary.BigEndian.Uint32(body)) })
		case kind == frameHeaders, kind == frameReset:
			c.change(func() { c.answered[id] = true })
		}
	}
}

func (c *hostileClient) settings(body []byte) {
	for ; len(body) >= 6; body = body[6:] {
		if binary.BigEndian.Uint16(body) == settingInitialWindow {
			c.change(func() { c.initial = int(binary.BigEndian.Uint32(body[2:])) })
		}
	}
}

func (c *hostileClient) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	c.changed.Broadcast()
}

// await waits until ok returns true, for a bounded time. It returns false if it does
// not.
func (c *hostileClient) await(bound time.Duration, ok func() bool) bool {
	end := time.Now().Add(bound)
	defer time.AfterFunc(bound, c.changed.Broadcast).Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for !ok() {
		if time.Now().After(end) {
			return false
		}
		c.changed.Wait()
	}
	return true
}

// open begins a request whose body has the given length, with a further header.
func (c *hostileClient) open(length int, header string) (id uint32) {
	c.mu.Lock()
	id = c.nextID
	c.nextID += 2
	c.window[id] = c.initial
	c.mu.Unlock()
	block := []byte{0x83, 0x86} // :method POST, :scheme http (RFC 7541, appendix A)
	for _, field := range [][2]string{
		{":path", path}, {":authority", "x"}, {"content-type", contentType}, {"content-length", strconv.Itoa(length)}, {"x", header},
	} {
		block = appendString(append(block, 0), field[0])
		block = appendString(block, field[1])
	}
	c.write(frameHeaders, flagEndHeaders, id, block)
	return id
}

// appendString appends a string as HPACK encodes it (RFC 7541, section 5).
func appendString(b []byte, s string) []byte {
	if len(s) < 127 {
		b = append(b, byte(len(s)))
	} else {
		b = binary.AppendUvarint(append(b, 127), uint64(len(s)-127))
	}
	return append(b, s...)
}

// stalled is how long a hostileClient waits for the server to do something.
const stalled = time.Second

// send sends a part of a body as fast as the server's windows allow, unless the server
// refuses the request. It returns false if the server allows nothing any more, as when
// unread requests and their refusals, which cannot be sent either, fill the window of
// the connection.
func (c *hostileClient) send(id uint32, body []byte, last bool) bool {
	for len(body) > 0 {
		n := 0
		if !c.await(stalled, func() bool {
			n = max(0, min(len(body), dataMost, c.window[0], c.window[id]))
			c.window[0] -= n
			c.window[id] -= n
			return n > 0 || c.answered[id]
		}) {
			return false
		}
		if n == 0 {
			break
		}
		flags := byte(0)
		if last && n == len(body) {
			flags = flagEndStream
		}
		c.write(frameData, flags, id, body[:n])
		body = body[n:]
	}
	return true
}
