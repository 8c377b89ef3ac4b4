package broken

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

func clientCloseFaults() []Fault {
	return []Fault{
		{Name: "Close hangs", Checks: []string{"CloseTwice", "EchoAfterClose", "ServerRestart"}, AndOthers: true, Slow: true, Transport: withClientClose(closeHangs)},
		{Name: "second Close hangs", Checks: []string{"CloseTwice"}, AndOthers: true, Slow: true, Transport: withClientClose(secondCloseHangs)},
		{Name: "second Close fails", Checks: []string{"CloseTwice", "CloseInFlight"}, Transport: withClientClose(secondCloseFails)},
		{Name: "Close waits for calls", Checks: []string{"LargeInFlight", "ContextErrors", "CloseInFlight"}, Alone: true, Slow: true, Transport: closeWaitsForCalls()},
		{Name: "Close does nothing", Checks: []string{"LargeInFlight", "EchoAfterClose", "CloseInFlight", "NoFileLeft"}, Alone: true, Slow: true, Transport: withClientClose(closeDoesNothing)},
		{Name: "hides that it is closed", Checks: []string{"EchoAfterClose", "CloseInFlight"}, Transport: withError(func(_ context.Context, err error) error {
			if errors.Is(err, net.ErrClosed) {
				return errors.New("broken: use of a closed client")
			}
			return err
		})},
	}
}

func closeDoesNothing(closer) func() error { return func() error { return nil } }

func closeHangs(closer) func() error { return func() error { select {} } }

func secondCloseHangs(next closer) func() error {
	var closed atomic.Bool
	return func() error {
		if closed.Swap(true) {
			select {}
		}
		return next.Close()
	}
}

func secondCloseFails(next closer) func() error {
	var closed atomic.Bool
	return func() error {
		if closed.Swap(true) {
			return net.ErrClosed
		}
		return next.Close()
	}
}

// closeWaitsForCalls returns a transport whose Clients hold a lock during Echo
// that Close needs.
func closeWaitsForCalls() echo.Transport {
	return &transport{client: func(next echo.Client) echo.Client {
		var mu sync.Mutex
		return &client{
			next: next,
			echo: func(ctx context.Context, req, reply *payload.Payload) error {
				mu.Lock()
				defer mu.Unlock()
				return next.Echo(ctx, req, reply)
			},
			close: func() error {
				mu.Lock()
				defer mu.Unlock()
				return next.Close()
			},
		}
	}}
}

func goroutineFaults() []Fault {
	return []Fault{
		{Name: "client leaks a goroutine", Checks: []string{"NoGoroutineLeft"}, Transport: withClientClose(closeAfterLeak)},
		{Name: "server leaks a goroutine", Checks: []string{"NoGoroutineLeft"}, Transport: withServerClose(closeAfterLeak)},
	}
}

// closeAfterLeak starts a goroutine that never ends.
func closeAfterLeak(next closer) func() error {
	go func() { select {} }()
	return next.Close
}

func serverCloseFaults() []Fault {
	return []Fault{
		{Name: "server's second Close fails", Checks: []string{"CloseTwice"}, Transport: withServerClose(secondCloseFails)},
		{
			Name:   "server's Close waits for clients",
			Checks: []string{"ServerCloseIdle", "ServerCloseInFlight", "ServerCloseStalled", "ServerRestart"}, AndOthers: true, Slow: true,
			Transport: serverWaitsForClients(),
		},
		{
			Name:      "server's Close does nothing",
			Checks:    []string{"ServerCloseIdle", "ServerCloseInFlight", "ServerRestart", "NoFileLeft", "NoGoroutineLeft"},
			Transport: withServerClose(closeDoesNothing),
		},
	}
}

// serverWaitsForClients returns a transport whose Servers close only after all
// Clients have been closed.
func serverWaitsForClients() echo.Transport {
	var clients atomic.Int64
	return &transport{
		client: func(next echo.Client) echo.Client {
			clients.Add(1)
			var once sync.Once
			return &client{next: next, close: func() error {
				once.Do(func() { clients.Add(-1) })
				return next.Close()
			}}
		},
		server: func(next echo.Server) echo.Server {
			return &server{next: next, close: func() error {
				for clients.Load() > 0 {
					time.Sleep(time.Millisecond)
				}
				return next.Close()
			}}
		},
	}
}
