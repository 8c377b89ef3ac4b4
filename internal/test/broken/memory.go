package broken

import (
	"bytes"
	"context"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// memoryFaults returns transports whose replies share memory with something else,
// or that do not overwrite a used reply.
func memoryFaults() []Fault {
	return []Fault{
		{Name: "reply aliases the request", Checks: []string{"ReplyOwned"}, Transport: withReply(func(req, reply *payload.Payload) {
			reply.Data = req.Data
		})},
		{Name: "reply aliases a buffer", Checks: []string{"ReplyOwned"}, Transport: withEcho(aliasBuffer)},
		{Name: "keeps a stale id", Checks: []string{"ReplyReuse"}, Transport: withEcho(keepID)},
		{Name: "keeps stale data", Checks: []string{"ReplyReuse"}, AndOthers: true, Transport: withEcho(keepData)},
	}
}

// aliasBuffer stores the data of all replies in the same buffer.
func aliasBuffer(next echo.Client) echoFunc {
	var buf []byte
	return func(ctx context.Context, req, reply *payload.Payload) error {
		err := next.Echo(ctx, req, reply)
		if err == nil {
			buf = append(buf[:0], reply.Data...)
			reply.Data = buf
		}
		return err
	}
}

// keepID leaves the id of a used reply in place of the id 0.
func keepID(next echo.Client) echoFunc {
	return func(ctx context.Context, req, reply *payload.Payload) error {
		stale := reply.Id
		err := next.Echo(ctx, req, reply)
		if reply.Id == 0 {
			reply.Id = stale
		}
		return err
	}
}

// keepData leaves the data of a used reply that exceeds the new data.
func keepData(next echo.Client) echoFunc {
	return func(ctx context.Context, req, reply *payload.Payload) error {
		stale := bytes.Clone(reply.Data)
		err := next.Echo(ctx, req, reply)
		if len(reply.Data) < len(stale) {
			reply.Data = append(reply.Data, stale[len(reply.Data):]...)
		}
		return err
	}
}
