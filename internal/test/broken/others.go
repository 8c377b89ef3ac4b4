package broken

import (
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"github.com/echobench/echobench/tcp"
)

// othersFaults returns transports whose Servers let one client stop the others.
func othersFaults() []Fault {
	fault := func(name string, limit payload.Size, write func(func() error) error) Fault {
		return Fault{Name: name, Checks: []string{"OthersServed"}, Alone: true, Slow: true, Transport: &transport{
			describe: func(d *echo.Description) { d.MaxSize = limit },
			listen:   listenWriting(limit, write),
			dial:     (&tcp.Transport{MaxSize: limit}).Dial,
		}}
	}
	var mu sync.Mutex
	slots := make(chan struct{}, 2)
	return []Fault{
		fault("writes all replies under one lock", largeSize, func(write func() error) error {
			mu.Lock()
			defer mu.Unlock()
			return write()
		}),
		fault("few answers of all clients at a time", maxSize, func(write func() error) error {
			slots <- struct{}{}
			defer func() { <-slots }()
			return write()
		}),
		{Name: "one client at a time", Checks: []string{"OthersServed"}, AndOthers: true, Alone: true, Slow: true, Transport: &transport{listen: listenSerially}},
	}
}

// listenWriting returns the Listen of a server that calls write for each reply.
// Its connections answer each request in a goroutine.
func listenWriting(limit payload.Size, write func(func() error) error) func(addr string) (echo.Server, error) {
	return func(addr string) (echo.Server, error) {
		l, err := stream.Listen("broken", addr)
		if err != nil {
			return nil, err
		}
		return stream.Serve(l, func(conn net.Conn) {
			if conn, ok := conn.(interface{ SetWriteBuffer(int) error }); ok {
				conn.SetWriteBuffer(4 << 10) // so that a few answers fill it
			}
			var answering sync.WaitGroup
			defer answering.Wait()
			defer conn.Close()
			codec := stream.NewFrameCodec(conn, limit)
			var order sync.Mutex // of the writes on this connection
			for {
				var p payload.Payload
				if codec.Read(&p) != nil {
					return
				}
				answering.Go(func() {
					payload.Stamp(&p)
					write(func() error {
						order.Lock()
						defer order.Unlock()
						return codec.Write(&p)
					})
				})
			}
		}), nil
	}
}

// listenSerially starts a server that serves one connection until it ends, and then
// the next.
func listenSerially(addr string) (echo.Server, error) {
	l, err := stream.Listen("broken", addr)
	if err != nil {
		return nil, err
	}
	var serving sync.Mutex
	return stream.Serve(l, func(conn net.Conn) {
		serving.Lock()
		defer serving.Unlock()
		stream.Answer(stream.NewFrameCodec(conn, maxSize), maxSize)
	}), nil
}
