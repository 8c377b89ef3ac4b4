package broken

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/rpc"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// An Echoer is the service of a server over net/rpc.
type Echoer struct{}

// Echo answers a request.
func (Echoer) Echo(req, reply *payload.Payload) error {
	reply.Id, reply.Data = req.Id, req.Data
	payload.Stamp(reply)
	return nil
}

func listenRPC(addr string) (echo.Server, error) {
	l, err := stream.Listen("broken", addr)
	if err != nil {
		return nil, err
	}
	srv := rpc.NewServer()
	if err := srv.Register(Echoer{}); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return stream.Serve(l, func(conn net.Conn) { srv.ServeConn(conn) }), nil
}

func dialRPC(ctx context.Context, addr string) (echo.Client, error) {
	conn, err := stream.Dial(ctx, "broken", addr)
	if err != nil {
		return nil, err
	}
	c := rpc.NewClient(conn)
	return &client{echo: func(ctx context.Context, req, reply *payload.Payload) error {
		sent := &payload.Payload{Id: req.Id, Data: bytes.Clone(req.Data), Timestamp: req.Timestamp}
		answer := new(payload.Payload)
		call := c.Go("Echoer.Echo", sent, answer, make(chan *rpc.Call, 1)) // returns when the request is written
		select {
		case <-call.Done:
			reply.Id, reply.Data, reply.Timestamp = answer.Id, answer.Data, answer.Timestamp
			return call.Error
		case <-ctx.Done():
			return ctx.Err()
		}
	}, close: func() error {
		if err := c.Close(); !errors.Is(err, rpc.ErrShutdown) {
			return err
		}
		return nil
	}}, nil
}
