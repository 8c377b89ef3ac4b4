package attack

import (
	"context"
	"time"

	"github.com/echobench/echobench/internal/proxy"
	"github.com/echobench/echobench/internal/rawhttp2"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/zmqecho"
)

// unreadMost is how many bytes a client sends at most without reading.
const unreadMost = 512 << 20

// unread sends requests with so many bytes of data on each connection, up to a number of
// bytes in all, and never reads.
func unread(size, total int) func(a *assault) error {
	return func(a *assault) error {
		flood := a.flood
		switch {
		case a.wire.first == nil:
			flood = a.floodCurve
		case a.wire.http2 != nil:
			flood = a.floodHTTP2
		}
		for range a.n {
			if err := flood(size, total); err != nil {
				return err
			}
		}
		return nil
	}
}

// flood writes requests until the server takes no more.
func (a *assault) flood(size, total int) error {
	conn, err := a.greeted()
	if err != nil {
		return err
	}
	conn.Write(a.wire.first(size))
	next := a.wire.next(size)
	for len(next) < 64<<10 { // many in one write
		next = append(next, next...)
	}
	for sent := 0; sent < total; sent += len(next) {
		conn.SetWriteDeadline(time.Now().Add(a.patience))
		if _, err := conn.Write(next); err != nil {
			break
		}
	}
	return nil
}

// streamCost is about what a stream costs the server, in bytes.
const streamCost = 4 << 10

// floodHTTP2 is flood for HTTP/2, whose server permits only a part of each request
// before it reads the others.
func (a *assault) floodHTTP2(size, total int) error {
	conn, err := a.dial()
	if err != nil {
		return err
	}
	c := rawhttp2.Start(conn)
	c.Patience = a.patience
	a.running.Go(func() { <-c.Ended() })
	request := a.wire.http2(size)
	stream := uint32(0)
	for sent := 0; sent < total; sent += len(request.body) {
		if stream == 0 || !request.open {
			stream = c.Open(request.fields...)
			sent += streamCost
		}
		if !c.Send(stream, request.body, !request.open) {
			break
		}
	}
	return nil
}

// floodCurve makes the library send requests through a proxy that does not read the
// replies.
func (a *assault) floodCurve(size, total int) error {
	_, hostPort := a.network()
	p, err := proxy.Start(hostPort)
	if err != nil {
		return err
	}
	c, err := (&zmqecho.Transport{Curve: true, Dealer: true}).Dial(context.Background(), p.Addr()+a.addr[len(hostPort):])
	if err != nil {
		p.Close()
		return err
	}
	p.StopReplies()
	ctx, cancel := context.WithCancel(context.Background())
	calls := min(1000, total/(size+payload.Overhead))
	for range calls {
		a.running.Go(func() { c.Echo(ctx, &payload.Payload{Data: make([]byte, size)}, new(payload.Payload)) })
	}
	a.running.Go(func() {
		<-a.done
		cancel()
		p.Close()
		c.Close()
	})
	time.Sleep(a.patience)
	return nil
}
