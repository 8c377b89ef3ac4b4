package broken

import (
	"context"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

func dialFaults() []Fault {
	return []Fault{
		{Name: "dials at the first Echo", Checks: []string{"DialNobody", "DialCancelled"}, Transport: &transport{dial: dialLazily}},
		{Name: "dials until a connection is kept", Checks: []string{"DialNotKept"}, Alone: true, Slow: true, Transport: &transport{dial: dialUntilKept}},
		{Name: "waits for a connection that has ended", Checks: []string{"DialNotKept"}, Alone: true, Slow: true, Transport: &transport{dial: dialUntilAnswered}},
		{Name: "ends with Dial's context", Checks: []string{"DialContext"}, AndOthers: true, Transport: &transport{dial: dialForContext}},
	}
}

// dialLazily returns a Client that connects when it is used, so that Dial
// succeeds even if no server listens.
func dialLazily(_ context.Context, addr string) (echo.Client, error) {
	var mu sync.Mutex
	var next echo.Client
	connect := func() (_ echo.Client, err error) {
		mu.Lock()
		defer mu.Unlock()
		if next == nil {
			next, err = healthy.Dial(context.Background(), addr)
		}
		return next, err
	}
	return &client{
		echo: func(ctx context.Context, req, reply *payload.Payload) error {
			c, err := connect()
			if err != nil {
				return err
			}
			return c.Echo(ctx, req, reply)
		},
		close: func() error {
			mu.Lock()
			defer mu.Unlock()
			if next == nil {
				return nil
			}
			return next.Close()
		},
	}, nil
}

// dialForContext returns a Client that is closed when Dial's context ends.
func dialForContext(ctx context.Context, addr string) (echo.Client, error) {
	c, err := healthy.Dial(ctx, addr)
	if err == nil {
		context.AfterFunc(ctx, func() { c.Close() })
	}
	return c, err
}

// dialUntilKept makes calls on new connections until one of them is kept.
func dialUntilKept(ctx context.Context, addr string) (echo.Client, error) {
	for {
		c, err := healthy.Dial(ctx, addr)
		if err != nil {
			return nil, err
		}
		for range 2 {
			if err = c.Echo(ctx, &payload.Payload{Id: 1}, new(payload.Payload)); err != nil {
				break
			}
		}
		if err == nil {
			return c, nil
		}
		c.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// dialUntilAnswered waits for a second answer without looking at the connection.
func dialUntilAnswered(ctx context.Context, addr string) (echo.Client, error) {
	c, err := healthy.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	for range 2 {
		if err := c.Echo(ctx, &payload.Payload{Id: 1}, new(payload.Payload)); err != nil {
			<-ctx.Done()
			return nil, err
		}
	}
	return c, nil
}
