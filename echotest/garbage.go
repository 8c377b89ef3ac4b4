package echotest

import (
	"bytes"
	"net"
	"sync"
	"time"

	"github.com/echobench/echobench/internal/rules/trial"
	"github.com/echobench/echobench/payload"
)

func (k *kit) garbage() {
	k.NeedProxy()
	if k.AllocatesTooMuch() != nil {
		k.Skip("the Server allocates what a length announces, as check AnnouncedLength says, so that the process could run out of memory")
	}
	l := k.Proxied()
	body := payload.Body(min(1024, k.MaxSize()), 1)
	k.MustEcho(l.Client, &payload.Payload{Id: 1, Data: body, Timestamp: 1})
	valid := k.LongestStream(l.Proxy)
	for _, kind := range garbageKinds(valid, body) {
		k.part(kind.name, func(k *kit) { k.sendGarbage(kind.pieces) })
	}
}

// sendGarbage sends each piece to a new server on a separate connection. It
// checks that the server still answers an old and a new client, and that the
// process does not allocate too much.
func (k *kit) sendGarbage(pieces [][]byte) {
	limit := k.Limit()
	if limit == 0 {
		limit = 64 << 20
	}
	// A server may trust a length within its limit, and connections need memory.
	maxBytes := 2*uint64(limit)*uint64(len(pieces)) + 32<<20

	before := trial.Allocated()
	srv := k.Listen()
	old := k.Dial(srv.Addr())
	k.MustEcho(old, k.Request(16))
	k.sendPieces(srv.Addr(), pieces)
	k.MustEcho(old, k.Request(16))
	k.MustEcho(k.Dial(srv.Addr()), k.Request(16))
	k.CloseClient(old)
	k.CloseServer(srv)
	if got := trial.Allocated() - before; got > maxBytes {
		k.Errorf("%d connections with garbage made the process allocate %d bytes, want at most %d with a limit of %d bytes for each message", len(pieces), got, maxBytes, limit)
	}
}

// sendPieces sends each piece on a separate connection. Connections that
// sendPiece does not close stay open until the check ends.
func (k *kit) sendPieces(addr string, pieces [][]byte) {
	k.Helper()
	var sending sync.WaitGroup
	for i, piece := range pieces {
		conn := k.DialRaw(addr)
		sending.Go(func() { sendPiece(conn, piece, i%3) })
	}
	sending.Wait()
}

// sendPiece sends piece and, depending on end, leaves the connection open (0),
// ends the stream (1), or resets the connection (2). Over UDP there is no end, and
// the piece is one packet.
func sendPiece(conn net.Conn, piece []byte, end int) {
	conn.SetDeadline(time.Now().Add(50 * time.Millisecond))
	conn.Write(piece) // may fail, because the server may close the connection early
	switch end {
	case 1:
		if conn, ok := conn.(interface{ CloseWrite() error }); ok {
			conn.CloseWrite()
		}
	case 2:
		if conn, ok := conn.(*net.TCPConn); ok {
			conn.SetLinger(0) // so that Close resets the connection
		}
		defer conn.Close()
	}
	// Give the server time to read the piece and perhaps to close the connection.
	conn.Read(make([]byte, 1))
}

// A garbageKind is a set of byte strings that are not requests.
type garbageKind struct {
	name   string
	pieces [][]byte
}

// garbageKinds returns what the Garbage check sends. valid is what a client sends
// for a valid request, and body is the data of that request.
func garbageKinds(valid, body []byte) []garbageKind {
	return []garbageKind{
		{"nothing at all", make([][]byte, 3)},
		{"random bytes", [][]byte{payload.Body(1, 1), payload.Body(3, 2), payload.Body(100, 3), payload.Body(8<<10, 4), payload.Body(64<<10, 5)}},
		{"zeros and ones", [][]byte{make([]byte, 1), make([]byte, 4096), bytes.Repeat([]byte{0xff}, 4), bytes.Repeat([]byte{0xff}, 4096)}},
		{"huge lengths", hugeLengths()},
		{"other protocols", [][]byte{
			[]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
			[]byte("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: 2147483647\r\n\r\n\x11"),
			[]byte("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n\x11"),
			[]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\x00\x00\x00\x00\x00\x01"), // HTTP/2: RFC 9113, section 3.4
			[]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),                         // TLS ClientHello: RFC 8446, section 4.1.2
			[]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00NULL"),                 // ZMTP 3.0 greeting: ZeroMQ RFC 23
		}},
		{"a request cut short", truncated(valid)},
		{"a request with bytes changed", altered(valid, body)},
	}
}

// hugeLengths returns length prefixes of 2 GiB - 1 and more, in several
// encodings, each of them followed by only a few bytes.
func hugeLengths() [][]byte {
	var pieces [][]byte
	for _, n := range []uint64{1<<31 - 1, 1 << 31, 1<<32 - 1} {
		pieces = append(pieces, trial.Prefixes(n)...)
	}
	return pieces
}

// truncated returns prefixes of valid, each three times: once for each way in
// which sendPiece ends a connection.
func truncated(valid []byte) [][]byte {
	var pieces [][]byte
	for _, n := range []int{1, 2, 3, 4, 5, 8, len(valid) / 4, len(valid) / 2, len(valid) - 1} {
		for range 3 {
			pieces = append(pieces, valid[:min(n, len(valid))])
		}
	}
	return pieces
}

// altered returns copies of valid that differ from it in one byte. That byte is
// one of the first 8, or of the 24 before the body, because lengths are there.
func altered(valid, body []byte) [][]byte {
	var pieces [][]byte
	alter := func(i int) {
		if i < 0 || i >= len(valid) {
			return
		}
		for _, b := range []byte{0xff, valid[i] ^ 1} {
			piece := bytes.Clone(valid)
			piece[i] = b
			pieces = append(pieces, piece)
		}
	}
	for i := range 8 {
		alter(i)
	}
	if at := bytes.Index(valid, body); at > 8 {
		for i := max(8, at-24); i < at; i++ {
			alter(i)
		}
	}
	return pieces
}
