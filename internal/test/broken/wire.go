package broken

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"net"
	"sync"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/floor"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// networkFaults returns transports that do not take the network that their
// Description names.
func networkFaults() []Fault {
	return []Fault{
		{Name: "hides that its addresses are special", Checks: []string{"Network"}, AndOthers: true, Alone: true, Transport: &transport{
			describe: func(d *echo.Description) { d.Network = "" },
			listen:   Opaque().Listen, dial: Opaque().Dial,
		}},
		{Name: "says udp and uses tcp", Checks: []string{"Network"}, AndOthers: true, Alone: true, Transport: &transport{
			describe: func(d *echo.Description) { d.Network = "udp" },
		}},
		{Name: "hides that it has no network", Checks: []string{"Network"}, AndOthers: true, Alone: true, Transport: withoutNetwork()},
	}
}

// withoutNetwork returns a transport that stays in the process, and does not say
// so.
func withoutNetwork() echo.Transport {
	nop := new(floor.Nop)
	return &transport{listen: nop.Listen, dial: nop.Dial}
}

// wireFaults returns transports that send less than the data, or more.
func wireFaults() []Fault {
	wire := func(name string, tr echo.Transport) Fault {
		return Fault{Name: name, Checks: []string{"Wire"}, Alone: true, Transport: tr}
	}
	return []Fault{
		wire("answers itself", answersIf(func(n, _, _ int) bool { return true })),
		wire("answers itself after 900 calls", answersIf(func(n, _, _ int) bool { return n > 900 })),
		wire("answers one call in 100 itself", answersIf(func(n, _, _ int) bool { return n%100 == 99 })),
		wire("answers small requests itself", answersIf(func(_, size, _ int) bool { return size <= 64 })),
		wire("answers large requests itself", answersIf(func(_, size, _ int) bool { return size > 32<<10 })),
		wire("answers itself when there are many callers", answersIf(func(_, _, callers int) bool { return callers > 20 })),
		wire("sends half of the data", withEcho(sendsHalf)),
		wire("sends padding instead of small data", withEcho(sendsPadding)),
		wire("server omits the data", serverOmitsData()),
		{Name: "sends a hash of data that it has sent before", Checks: []string{"WireAgain"}, Alone: true, Transport: sendsHashes()},
		wire("sends everything twice", withEcho(func(next echo.Client) echoFunc { return sendsTwice(next, 0) })),
		wire("sends large data twice", withEcho(func(next echo.Client) echoFunc { return sendsTwice(next, 32<<10) })),
	}
}

// answersIf returns a transport whose Clients answer the calls themselves for which
// fake returns true. n counts a Client's calls, size is the length of the data, and
// callers is how many calls are in flight.
func answersIf(fake func(n, size, callers int) bool) echo.Transport {
	var callers atomic.Int64
	return withEcho(func(next echo.Client) echoFunc {
		var calls atomic.Int64
		return func(ctx context.Context, req, reply *payload.Payload) error {
			defer callers.Add(-1)
			if !fake(int(calls.Add(1)), len(req.Data), int(callers.Add(1))) {
				return next.Echo(ctx, req, reply)
			}
			complete(req, reply)
			payload.Stamp(reply)
			return nil
		}
	})
}

// complete sets the fields of a reply that a client knows without its server.
func complete(req, reply *payload.Payload) {
	reply.Id = req.Id
	reply.Data = append(reply.Data[:0], req.Data...)
}

func sendsHalf(next echo.Client) echoFunc {
	return func(ctx context.Context, req, reply *payload.Payload) error {
		half := &payload.Payload{Id: req.Id, Data: req.Data[:len(req.Data)/2], Timestamp: req.Timestamp}
		err := next.Echo(ctx, half, reply)
		complete(req, reply)
		return err
	}
}

// sendsPadding sends 200 zeros in place of data of up to 200 bytes.
func sendsPadding(next echo.Client) echoFunc {
	return func(ctx context.Context, req, reply *payload.Payload) error {
		if len(req.Data) > 200 {
			return next.Echo(ctx, req, reply)
		}
		err := next.Echo(ctx, &payload.Payload{Id: req.Id, Data: make([]byte, 200), Timestamp: req.Timestamp}, reply)
		complete(req, reply)
		return err
	}
}

// sendsHashes returns a transport that sends 8 bytes in place of data that a Client has
// sent before.
func sendsHashes() echo.Transport {
	seed := maphash.MakeSeed()
	return withEcho(func(next echo.Client) echoFunc {
		var known sync.Map
		return func(ctx context.Context, req, reply *payload.Payload) error {
			hash := maphash.Bytes(seed, req.Data)
			if _, ok := known.LoadOrStore(hash, true); !ok {
				return next.Echo(ctx, req, reply)
			}
			err := next.Echo(ctx, &payload.Payload{Id: req.Id, Data: binary.NativeEndian.AppendUint64(nil, hash), Timestamp: req.Timestamp}, reply)
			complete(req, reply)
			return err
		}
	})
}

// serverOmitsData returns a transport whose Servers answer without the data. Its
// Clients put the data of the request in its place.
func serverOmitsData() echo.Transport {
	tr := withEcho(func(next echo.Client) echoFunc {
		return func(ctx context.Context, req, reply *payload.Payload) error {
			err := next.Echo(ctx, req, reply)
			if err == nil {
				complete(req, reply)
			}
			return err
		}
	})
	tr.listen = func(addr string) (echo.Server, error) {
		l, err := stream.Listen("broken", addr)
		if err != nil {
			return nil, err
		}
		return stream.Serve(l, func(conn net.Conn) { stream.Answer(omitting{stream.NewFrameCodec(conn, maxSize)}, maxSize) }), nil
	}
	return tr
}

// An omitting codec writes payloads without their data.
type omitting struct{ *stream.FrameCodec }

func (c omitting) Write(p *payload.Payload) error {
	return c.FrameCodec.Write(&payload.Payload{Id: p.Id, Timestamp: p.Timestamp})
}

// sendsTwice sends requests of at least minSize bytes twice.
func sendsTwice(next echo.Client, minSize int) echoFunc {
	return func(ctx context.Context, req, reply *payload.Payload) error {
		if len(req.Data) >= minSize {
			if err := next.Echo(ctx, req, reply); err != nil {
				return err
			}
		}
		return next.Echo(ctx, req, reply)
	}
}
