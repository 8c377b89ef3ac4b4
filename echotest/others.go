package echotest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"time"

	"github.com/echobench/echobench/echo"
)

// othersServed has clients send requests without reading the replies, and then uses
// another client.
func (k *kit) othersServed() {
	k.NeedProxy()
	srv := k.Listen()
	other := k.Dial(srv.Addr())
	k.MustEcho(other, k.Request(16))
	for _, size := range []int{64, 4 << 20} {
		k.withoutReading(srv, size, func() {
			k.MustEcho(other, k.Request(16))
			k.MustEcho(k.Dial(srv.Addr()), k.Request(16))
		})
	}
	k.flood(srv, other)
	for range 10 {
		time.Sleep(5 * time.Millisecond) // the server may still have requests to read
		k.MustEcho(other, k.Request(16))
	}
	k.MustEcho(k.Dial(srv.Addr()), k.Request(16))
}

// withoutReading calls f while a client has sent a request and does not read the
// answer. It is only one, because a transport may limit the requests in flight.
func (k *kit) withoutReading(srv echo.Server, size int, f func()) {
	p := k.StartProxy(srv.Addr())
	c := k.Dial(p.Addr())
	k.MustEcho(c, k.Request(16))
	p.StopReplies()
	ctx, cancel := context.WithCancel(context.Background())
	before := p.Sent()
	call := k.StartCall(ctx, c, size)
	p.AwaitSent(k.Timeout(50*time.Millisecond), before+len(call.Req.Data))
	f()
	cancel()
	k.WaitCall("Echo without a reply, after the end of its context", call)
}

// flood sends a request over and over on one connection, as long as the server reads
// it, and at most 16 MiB. It uses the other client meanwhile. A protocol that does not
// allow that a request is repeated closes the connection.
func (k *kit) flood(srv echo.Server, other echo.Client) {
	p := k.StartProxy(srv.Addr())
	c := k.Dial(p.Addr())
	sent := func() []byte {
		k.MustEcho(c, k.Request(64))
		return k.LongestStream(p)
	}
	first, second := sent(), sent()
	for range 16 { // a Client with several connections may use one after another
		if len(second) > len(first) && bytes.HasPrefix(second, first) {
			break
		}
		first, second = second, sent()
	}
	again := second[min(len(first), len(second)):]
	if len(again) == 0 || len(again) > 16<<10 {
		k.Logf("a request takes %d bytes: none was repeated", len(again))
		return
	}
	var block []byte
	for len(block) < 16<<10 {
		block = append(block, again...)
	}
	conn := k.DialRaw(srv.Addr())
	piece, total, stalled := second, 0, 0
	for total < 16<<20 && stalled < 10 {
		conn.SetWriteDeadline(time.Now().Add(30 * time.Millisecond))
		n, err := conn.Write(piece)
		total += n
		if piece = piece[n:]; len(piece) == 0 {
			piece = block
		}
		switch {
		case n > 0:
			stalled = 0
		case errors.Is(err, os.ErrDeadlineExceeded):
			stalled++
			k.MustEcho(other, k.Request(16)) // which also gives the server time to read
		default:
			k.Logf("the server has ended the connection after %d bytes: %v", total, err)
			return
		}
	}
}
