package echotest

import (
	"net"
	"runtime"
	"sync"
	"time"

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
	most := 2*uint64(limit)*uint64(len(pieces)) + 32<<20

	before := allocated()
	srv := k.Listen()
	old := k.Dial(srv.Addr())
	k.MustEcho(old, k.Request(16))
	k.sendPieces(srv.Addr(), pieces)
	k.MustEcho(old, k.Request(16))
	k.MustEcho(k.Dial(srv.Addr()), k.Request(16))
	k.CloseClient(old)
	k.CloseServer(srv)
	if got := allocated() - before; got > most {
		k.Errorf("%d connections with garbage made the process allocate %d bytes, want at most %d with a limit of %d bytes for each message", len(pieces), got, most, limit)
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

// allocated returns how many bytes this process has allocated since it started.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
