package broken

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
)

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
