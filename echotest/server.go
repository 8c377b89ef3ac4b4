package echotest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/payload"
)

// Where a server listens, and what it stands.

func (k *kit) loopback() {
	for _, addr := range []string{"", ":0", "127.0.0.1:0"} {
		srv, err := k.tryListen(addr)
		if err != nil {
			k.Errorf("Listen(%q): %v", addr, err)
			continue
		}
		host, port, err := net.SplitHostPort(srv.Addr())
		if err != nil {
			k.Skipf("the transport's address is no host:port: %v", err)
		}
		if ip := net.ParseIP(host); ip == nil || ip.To4() == nil || !ip.IsLoopback() || port == "0" {
			k.Errorf("Listen(%q): Addr() = %q, want 127.0.0.1 and a port", addr, srv.Addr())
		}
		k.mustEcho(k.dial(srv.Addr()), k.request(16))
	}
}

func (k *kit) addressInUse() {
	srv := k.listen()
	if _, err := k.tryListen(srv.Addr()); err == nil {
		k.Errorf("Listen(%q) where a Server listens: no error", srv.Addr())
	}
	k.mustEcho(k.dial(srv.Addr()), k.request(16))
}

func (k *kit) badAddress() {
	if _, _, err := net.SplitHostPort(k.listen().Addr()); err != nil {
		k.Skipf("the transport's address is no host:port: %v", err)
	}
	for _, addr := range []string{"127.0.0.1", "127.0.0.1:port", "127.0.0.1:-1", "127.0.0.1:65536", "127.0.0.1:1:2"} {
		if srv, err := k.tryListen(addr); err == nil {
			k.Errorf("Listen(%q): no error, and Addr() = %q", addr, srv.Addr())
		}
	}
}

func (k *kit) garbage() {
	_, p, c := k.proxied()
	body := payload.Body(min(1024, k.maxSize()), 1)
	k.mustEcho(c, &payload.Payload{Id: 1, Data: body, Timestamp: 1})
	valid := slices.MaxFunc(p.Streams(), func(a, b []byte) int { return len(a) - len(b) })

	for _, kind := range []struct {
		name   string
		pieces [][]byte
	}{
		{"nothing at all", make([][]byte, 3)},
		{"random bytes", [][]byte{payload.Body(1, 1), payload.Body(3, 2), payload.Body(100, 3), payload.Body(8<<10, 4), payload.Body(64<<10, 5)}},
		{"zeros and ones", [][]byte{make([]byte, 1), make([]byte, 4096), bytes.Repeat([]byte{0xff}, 4), bytes.Repeat([]byte{0xff}, 4096)}},
		{"huge lengths", hugeLengths()},
		{"other protocols", [][]byte{
			[]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
			[]byte("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: 2147483647\r\n\r\n\x11"),
			[]byte("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n\x11"),
			[]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\x00\x00\x00\x00\x00\x01"),
			[]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
			[]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00NULL"),
		}},
		{"a request cut short", cutShort(valid)},
		{"a request with bytes changed", changed(valid, body)},
	} {
		k.Run(kind.name, func(t *testing.T) { k.with(t).throw(kind.pieces) })
	}
}

// throw sends each piece of garbage on a connection of its own, and checks that
// the server survives and serves others meanwhile.
func (k *kit) throw(pieces [][]byte) {
	limit := uint64(64 << 20)
	if d := contract.Describe(k.tr, 1); d.MaxSize > 0 {
		limit = uint64(d.MaxSize)
	}
	// A length within the limit may be trusted, and connections are not free.
	bound := 2*limit*uint64(len(pieces)) + 32<<20

	before := allocated()
	srv := k.listen()
	old := k.dial(srv.Addr())
	k.mustEcho(old, k.request(16))

	var thrown sync.WaitGroup
	for i, piece := range pieces {
		conn, err := net.DialTimeout("tcp", srv.Addr(), k.hang)
		if err != nil {
			k.Fatalf("the server's port: %v", err)
		}
		defer conn.Close()
		thrown.Go(func() {
			conn.SetDeadline(time.Now().Add(50 * time.Millisecond))
			conn.Write(piece) // the server may hang up before it has read all
			switch i % 3 {
			case 1:
				conn.(*net.TCPConn).CloseWrite()
			case 2:
				conn.(*net.TCPConn).SetLinger(0) // so that Close resets
				defer conn.Close()
			}
			conn.Read(make([]byte, 1)) // until the server has noticed, or for want of better
		})
	}
	thrown.Wait()

	k.mustEcho(old, k.request(16))
	k.mustEcho(k.dial(srv.Addr()), k.request(16))
	k.closeClient(old)
	k.closeServer(srv)
	if got := allocated() - before; got > bound {
		k.Errorf("%d connections made the process allocate %d bytes, want no more than %d, with a limit of %d a message", len(pieces), got, bound, limit)
	}
}

// allocated is how many bytes this process has ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// hugeLengths are length prefixes, in the usual notations, of 2 GiB and more,
// with little behind them.
func hugeLengths() [][]byte {
	var pieces [][]byte
	for _, n := range []uint64{1<<31 - 1, 1 << 31, 1<<32 - 1} {
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
	}
	return pieces
}

// cutShort are beginnings of what a client sends.
func cutShort(valid []byte) [][]byte {
	var pieces [][]byte
	for _, n := range []int{1, 2, 3, 4, 5, 8, len(valid) / 4, len(valid) / 2, len(valid) - 1} {
		for range 3 { // one for each end of a connection
			pieces = append(pieces, valid[:min(n, len(valid))])
		}
	}
	return pieces
}

// changed are copies of what a client sends, with a byte changed: at the
// beginning, and before the body, where lengths are.
func changed(valid, body []byte) [][]byte {
	var pieces [][]byte
	set := func(i int) {
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
		set(i)
	}
	if at := bytes.Index(valid, body); at > 8 {
		for i := max(8, at-24); i < at; i++ {
			set(i)
		}
	}
	return pieces
}
