package broken

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// requestFaults returns transports that modify requests, during the call or after
// it.
func requestFaults() []Fault {
	later := func(name string, change func(n int, req *payload.Payload)) Fault {
		return Fault{Name: name, Checks: []string{"RequestUntouched"}, Alone: true, Transport: changesLater(change)}
	}
	return []Fault{
		{Name: "stamps the request", Checks: []string{"RequestUntouched"}, Transport: withEcho(stampRequest)},
		{Name: "writes behind the request", Checks: []string{"RequestUntouched"}, Transport: withEcho(writeBehindRequest)},
		later("changes data later", func(_ int, req *payload.Payload) { clear(req.Data) }),
		later("changes large data later", func(_ int, req *payload.Payload) { clear(req.Data[:len(req.Data)/1024]) }),
		later("changes ids later, from the 500th call on", func(n int, req *payload.Payload) { req.Id += uint64(n / 500) }),
		{Name: "a call overwrites the data of the one before", Checks: []string{"RequestUntouched"}, Alone: true, Transport: withEcho(overwritesPrevious)},
		{Name: "Close overwrites data", Checks: []string{"RequestUntouched"}, Alone: true, Transport: closeOverwrites()},
	}
}

func stampRequest(next echo.Client) echoFunc {
	return func(ctx context.Context, req, reply *payload.Payload) error {
		req.Timestamp = 12345
		return next.Echo(ctx, req, reply)
	}
}

func writeBehindRequest(next echo.Client) echoFunc {
	return func(ctx context.Context, req, reply *payload.Payload) error {
		_ = append(req.Data, 0)
		return next.Echo(ctx, req, reply)
	}
}

// changesLater returns a transport that changes requests 5 ms after Echo has
// returned. n counts a Client's calls.
func changesLater(change func(n int, req *payload.Payload)) echo.Transport {
	return withEcho(func(next echo.Client) echoFunc {
		var calls atomic.Int64
		return func(ctx context.Context, req, reply *payload.Payload) error {
			call := int(calls.Add(1))
			time.AfterFunc(5*time.Millisecond, func() { change(call, req) })
			return next.Echo(ctx, req, reply)
		}
	})
}

func overwritesPrevious(next echo.Client) echoFunc {
	var previous finished
	return func(ctx context.Context, req, reply *payload.Payload) error {
		previous.overwrite(req.Data)
		err := next.Echo(ctx, req, reply)
		previous.keep(req.Data, err)
		return err
	}
}

// closeOverwrites returns a transport whose Clients overwrite the last data when
// they are closed.
func closeOverwrites() echo.Transport {
	return &transport{client: func(next echo.Client) echo.Client {
		var last finished
		return &client{
			next: next,
			echo: func(ctx context.Context, req, reply *payload.Payload) error {
				err := next.Echo(ctx, req, reply)
				last.keep(req.Data, err)
				return err
			},
			close: func() error {
				last.overwrite(nil)
				return next.Close()
			},
		}
	}}
}

// A finished is the data of the last call that succeeded. That of a call in flight is
// left alone, because the race detector would report it.
type finished struct {
	mu   sync.Mutex
	data []byte
}

func (f *finished) keep(data []byte, err error) {
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.data = data
}

// overwrite writes the beginning of data over the data, and zeros over what remains.
func (f *finished) overwrite(data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.data[copy(f.data, data):])
}
