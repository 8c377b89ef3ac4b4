package rawhttp2

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"
)

// Patience is how long a Conn waits for the server to permit something, unless its
// field Patience says otherwise.
const Patience = time.Second

// A Conn is a client's end of a connection. It acknowledges SETTINGS and PING, keeps to
// the server's windows, and grants the server no window, so that no byte of a
// response's body can be sent to it. Its methods may be called concurrently.
type Conn struct {
	// Patience is how long Send and AwaitAnswers wait for the server. Start sets it to
	// the constant of the same name.
	Patience time.Duration

	conn net.Conn

	mu       sync.Mutex
	changed  *sync.Cond
	window   map[uint32]int  // bytes that may be sent on each stream; 0 is the connection
	initial  int             // window of a new stream
	answered map[uint32]bool // streams on which the headers of a response, or a reset, have arrived
	nextID   uint32
	dead     bool

	writing sync.Mutex    // held while a frame is written
	ended   chan struct{} // closed when the connection has ended
}

// Start begins HTTP/2 on conn, which the Conn owns.
func Start(conn net.Conn) *Conn {
	c := &Conn{
		Patience: Patience,
		conn:     conn,
		window:   map[uint32]int{0: 65535},
		initial:  65535,
		answered: map[uint32]bool{},
		nextID:   1,
		ended:    make(chan struct{}),
	}
	c.changed = sync.NewCond(&c.mu)
	io.WriteString(conn, Preface)
	c.Write(FrameSettings, 0, 0, NoWindow)
	go c.receive()
	return c
}

// Close closes the connection and waits until nothing is read from it.
func (c *Conn) Close() error {
	err := c.conn.Close()
	<-c.ended
	return err
}

// Ended returns a channel that is closed when the connection has ended.
func (c *Conn) Ended() <-chan struct{} { return c.ended }

// Write writes a frame. Errors show in that the connection ends.
func (c *Conn) Write(kind, flags byte, stream uint32, payload []byte) {
	b := AppendFrame(nil, kind, flags, stream, payload)
	c.writing.Lock()
	defer c.writing.Unlock()
	c.conn.Write(b)
}

// receive reads the server's frames.
func (c *Conn) receive() {
	defer close(c.ended)
	defer c.change(func() { c.dead = true })
	for {
		var header [9]byte
		if _, err := io.ReadFull(c.conn, header[:]); err != nil {
			return
		}
		body := make([]byte, int(header[0])<<16|int(header[1])<<8|int(header[2]))
		if _, err := io.ReadFull(c.conn, body); err != nil {
			return
		}
		kind, ack := header[3], header[4]&FlagAck != 0
		switch stream := binary.BigEndian.Uint32(header[5:]); {
		case kind == FramePing && !ack:
			c.Write(FramePing, FlagAck, 0, body)
		case kind == FrameSettings && !ack:
			c.settings(body)
			c.Write(FrameSettings, FlagAck, 0, nil)
		case kind == FrameWindowUpdate && len(body) == 4:
			c.change(func() { c.window[stream] += int(binary.BigEndian.Uint32(body)) })
		case kind == FrameHeaders, kind == FrameReset:
			c.change(func() { c.answered[stream] = true })
		}
	}
}

func (c *Conn) settings(body []byte) {
	for ; len(body) >= 6; body = body[6:] {
		if binary.BigEndian.Uint16(body) == settingInitialWindow {
			c.change(func() { c.initial = int(binary.BigEndian.Uint32(body[2:])) })
		}
	}
}

func (c *Conn) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	c.changed.Broadcast()
}

// await waits until ok returns true, for a bounded time. It returns false if it does
// not, or if the connection ends.
func (c *Conn) await(ok func() bool) bool {
	end := time.Now().Add(c.Patience)
	defer time.AfterFunc(c.Patience, func() { c.change(func() {}) }).Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for !ok() {
		if c.dead || !time.Now().Before(end) {
			return false
		}
		c.changed.Wait()
	}
	return true
}

// AwaitAnswers waits until n streams have been answered or reset, for a bounded time.
func (c *Conn) AwaitAnswers(n int) bool {
	return c.await(func() bool { return len(c.answered) >= n })
}

// Open begins a request with the given header fields and returns its stream.
func (c *Conn) Open(fields ...Field) (stream uint32) {
	c.mu.Lock()
	stream = c.nextID
	c.nextID += 2
	c.window[stream] = c.initial
	c.mu.Unlock()
	c.Write(FrameHeaders, FlagEndHeaders, stream, AppendPost(nil, fields...))
	return stream
}

// Send sends a part of a body as fast as the server's windows allow, unless the server
// refuses the request. It returns false if the server allows nothing any more, as when
// unread requests and their refusals, which cannot be sent either, fill the window of
// the connection.
func (c *Conn) Send(stream uint32, body []byte, last bool) bool {
	for len(body) > 0 {
		n := 0
		if !c.await(func() bool {
			n = max(0, min(len(body), MaxData, c.window[0], c.window[stream]))
			c.window[0] -= n
			c.window[stream] -= n
			return n > 0 || c.answered[stream]
		}) {
			return false
		}
		if n == 0 {
			break
		}
		flags := byte(0)
		if last && n == len(body) {
			flags = FlagEndStream
		}
		c.Write(FrameData, flags, stream, body[:n])
		body = body[n:]
	}
	return true
}
