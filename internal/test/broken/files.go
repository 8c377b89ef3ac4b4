package broken

import (
	"context"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// fileFaults returns transports that leave file descriptors open.
func fileFaults() []Fault {
	fault := func(name string, tr echo.Transport) Fault {
		return Fault{Name: name, Checks: []string{"NoFileLeft"}, Alone: true, Transport: tr}
	}
	var dials atomic.Int64
	return []Fault{
		fault("client leaves a descriptor", withClientClose(closeAfterOpen)),
		fault("server leaves a descriptor", withServerClose(closeAfterOpen)),
		fault("every third Dial leaves a descriptor", &transport{dial: func(ctx context.Context, addr string) (echo.Client, error) {
			if dials.Add(1)%3 == 0 {
				leakFile()
			}
			return healthy.Dial(ctx, addr)
		}}),
		fault("failed Dial leaves a descriptor", &transport{dial: func(ctx context.Context, addr string) (echo.Client, error) {
			c, err := healthy.Dial(ctx, addr)
			if err != nil {
				leakFile()
			}
			return c, err
		}}),
		fault("large Echo leaves a descriptor", withEcho(func(next echo.Client) echoFunc {
			return func(ctx context.Context, req, reply *payload.Payload) error {
				if len(req.Data) > 32<<10 {
					leakFile()
				}
				return next.Echo(ctx, req, reply)
			}
		})),
		fault("server keeps connections that have ended", &transport{listen: listenKeepingConns}),
	}
}

// leaked contains the files that were left open, so that no finalizer closes them.
var leaked struct {
	sync.Mutex
	files []*os.File
}

func leakFile() {
	file, err := os.Open(os.DevNull)
	if err != nil {
		return
	}
	leaked.Lock()
	defer leaked.Unlock()
	leaked.files = append(leaked.files, file)
}

func closeAfterOpen(next closer) func() error {
	var once sync.Once
	return func() error {
		once.Do(leakFile)
		return next.Close()
	}
}

// listenKeepingConns starts a server that closes connections only when it is closed
// itself.
func listenKeepingConns(addr string) (echo.Server, error) {
	l, err := stream.Listen("broken", addr)
	if err != nil {
		return nil, err
	}
	closed := make(chan struct{})
	var once sync.Once
	srv := stream.Serve(l, func(conn net.Conn) {
		stream.Answer(stream.NewFrameCodec(conn, maxSize), maxSize)
		<-closed
	})
	return &server{next: srv, close: func() error {
		once.Do(func() { close(closed) })
		return srv.Close()
	}}, nil
}
