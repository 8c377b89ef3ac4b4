package broken

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// timestampFaults returns transports whose replies have a timestamp that is not
// the server's present time.
func timestampFaults() []Fault {
	fault := func(name string, tr echo.Transport) Fault {
		return Fault{Name: name, Checks: []string{"Timestamps"}, Transport: tr}
	}
	change := func(name string, change func(req, reply *payload.Payload)) Fault {
		f := fault(name, withReply(change))
		f.Alone = true
		return f
	}
	var calls atomic.Int64
	return []Fault{
		fault("client's timestamp", withReply(func(req, reply *payload.Payload) { reply.Timestamp = req.Timestamp })),
		fault("no timestamp", withReply(func(_, reply *payload.Payload) { reply.Timestamp = 0 })),
		change("timestamp in seconds", func(_, reply *payload.Payload) { reply.Timestamp /= 1e9 }),
		change("timestamp of a clock that is behind", func(_, reply *payload.Payload) { reply.Timestamp -= 1e9 }),
		change("timestamp of a clock that is ahead", func(_, reply *payload.Payload) { reply.Timestamp += 50e6 }),
		change("large replies are stamped in advance", func(_, reply *payload.Payload) {
			if len(reply.Data) > 32<<10 {
				reply.Timestamp -= 50e6
			}
		}),
		change("timestamps from the 900th call on are old", func(_, reply *payload.Payload) {
			if calls.Add(1) > 900 {
				reply.Timestamp -= 50e6
			}
		}),
		{Name: "client keeps the first timestamp", Checks: []string{"Timestamps"}, Alone: true, Transport: withEcho(keepTimestamp)},
		{Name: "server stamps a connection once", Checks: []string{"Timestamps"}, Alone: true, Transport: &transport{listen: listenStamping(time.Hour)}},
		{Name: "server reads its clock every 100 ms", Checks: []string{"Timestamps"}, Alone: true, Transport: &transport{listen: listenStamping(100 * time.Millisecond)}},
	}
}

// keepTimestamp gives all replies the timestamp of the first.
func keepTimestamp(next echo.Client) echoFunc {
	var first int64
	return func(ctx context.Context, req, reply *payload.Payload) error {
		err := next.Echo(ctx, req, reply)
		if err == nil && first == 0 {
			first = reply.Timestamp
		}
		reply.Timestamp = first
		return err
	}
}

// listenStamping returns the Listen of a server that reads the clock once in every
// interval, for each connection.
func listenStamping(interval time.Duration) func(addr string) (echo.Server, error) {
	return func(addr string) (echo.Server, error) {
		l, err := stream.Listen("broken", addr)
		if err != nil {
			return nil, err
		}
		return stream.Serve(l, func(conn net.Conn) {
			codec := stream.NewFrameCodec(conn, maxSize)
			now := time.Now()
			var p payload.Payload
			for codec.Read(&p) == nil {
				if time.Since(now) > interval {
					now = time.Now()
				}
				p.Timestamp = now.UnixNano()
				if codec.Write(&p) != nil {
					return
				}
			}
		}), nil
	}
}
