package broken

import (
	"context"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// replyFaults returns transports whose replies have a wrong id or wrong data.
func replyFaults() []Fault {
	var calls atomic.Int64
	return []Fault{
		{Name: "wrong id", Checks: []string{"IDs", "Concurrent"}, AndOthers: true, Transport: withReply(func(_, reply *payload.Payload) {
			reply.Id++
		})},
		{Name: "id of 32 bits", Checks: []string{"IDs"}, Transport: withReply(func(_, reply *payload.Payload) {
			reply.Id = uint64(uint32(reply.Id))
		})},
		{Name: "a wrong bit in one reply of 5,000", Checks: []string{"EveryReply"}, Alone: true, Transport: withReply(func(_, reply *payload.Payload) {
			if calls.Add(1)%5000 == 0 {
				reply.Data[len(reply.Data)/2] ^= 1
			}
		})},
		{Name: "mixes up concurrent replies", Checks: []string{"Concurrent", "Wire", "ServerCloseInFlight"}, Transport: mixesUpReplies()},
	}
}

// mixesUpReplies returns a transport that says that its Clients may be shared,
// and that returns a wrong id to callers that share one at the same time.
func mixesUpReplies() echo.Transport {
	tr := withEcho(func(next echo.Client) echoFunc {
		var calls atomic.Int64
		return func(ctx context.Context, req, reply *payload.Payload) error {
			defer calls.Add(-1)
			others := calls.Add(1) - 1
			err := next.Echo(ctx, req, reply)
			if others > 0 {
				reply.Id++
			}
			return err
		}
	})
	tr.describe = func(d *echo.Description) { d.Clients = 1 }
	return tr
}
