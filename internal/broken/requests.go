package broken

import (
	"context"
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
	var previous []byte
	return func(ctx context.Context, req, reply *payload.Payload) error {
		copy(previous, req.Data)
		previous = req.Data
		return next.Echo(ctx, req, reply)
	}
}

// closeOverwrites returns a transport whose Clients overwrite the last data when
// they are closed.
func closeOverwrites() echo.Transport {
	return &transport{client: func(next echo.Client) echo.Client {
		var last []byte
		return &client{
			next: next,
			echo: func(ctx context.Context, req, reply *payload.Payload) error {
				last = req.Data
				return next.Echo(ctx, req, reply)
			},
			close: func() error {
				clear(last)
				return next.Close()
			},
		}
	}}
}
