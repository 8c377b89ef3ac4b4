package broken

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
	"google.golang.org/protobuf/proto"
)

// Faults returns every broken transport, each new.
func Faults() []Fault {
	return []Fault{
		{Name: "name", Checks: []string{"Name"}, Transport: &transport{name: "Broken-1"}},
		{Name: "description", Checks: []string{"Describe"}, Transport: &transport{describe: func(d *echo.Description) {
			d.Files = -1
			d.Settings = "two\nlines"
		}}},

		{Name: "wrong id", Checks: []string{"IDs", "Concurrent"}, AndOthers: true, Transport: replying(func(req, reply *payload.Payload) {
			reply.Id++
		})},
		{Name: "id of 32 bits", Checks: []string{"IDs"}, Transport: replying(func(req, reply *payload.Payload) {
			reply.Id = uint64(uint32(reply.Id))
		})},
		{Name: "truncated data", Checks: []string{"Sizes"}, Transport: replying(func(req, reply *payload.Payload) {
			if len(reply.Data) == int(maxSize)-1 {
				reply.Data = reply.Data[:len(reply.Data)-1]
			}
		})},
		{Name: "corrupted byte", Checks: []string{"Sizes"}, Transport: replying(func(req, reply *payload.Payload) {
			if len(reply.Data) == 4097 {
				reply.Data[2000] ^= 1
			}
		})},
		{Name: "fails at the limit", Checks: []string{"Sizes"}, AndOthers: true, Transport: echoing(func(next echo.Client) echoFunc {
			return func(ctx context.Context, req, reply *payload.Payload) error {
				if len(req.Data) == int(maxSize) {
					return fmt.Errorf("broken: %w", echo.ErrTooLarge)
				}
				return next.Echo(ctx, req, reply)
			}
		})},
		{Name: "accepts too large", Checks: []string{"OverLimit", "OverLimitUnsent"}, Transport: &transport{
			listen: new(tcp.Transport).Listen,
			dial:   new(tcp.Transport).Dial,
		}},
		{Name: "sends too large", Checks: []string{"OverLimitUnsent"}, Transport: sendsTooLarge()},
		{Name: "breaks over too large", Checks: []string{"OverLimit"}, Transport: echoing(func(next echo.Client) echoFunc {
			return func(ctx context.Context, req, reply *payload.Payload) error {
				err := next.Echo(ctx, req, reply)
				if errors.Is(err, echo.ErrTooLarge) {
					next.Close()
				}
				return err
			}
		})},
		{Name: "mixes up concurrent replies", Checks: []string{"Concurrent", "ServerCloseInFlight"}, Transport: mixesUp()},
		{Name: "client's timestamp", Checks: []string{"Timestamps"}, AndOthers: true, Transport: replying(func(req, reply *payload.Payload) {
			reply.Timestamp = req.Timestamp
		})},
		{Name: "timestamp in seconds", Checks: []string{"Timestamps"}, AndOthers: true, Transport: replying(func(req, reply *payload.Payload) {
			reply.Timestamp /= 1e9
		})},
		{Name: "stamps the request", Checks: []string{"RequestUntouched"}, Transport: echoing(func(next echo.Client) echoFunc {
			return func(ctx context.Context, req, reply *payload.Payload) error {
				req.Timestamp = 12345
				return next.Echo(ctx, req, reply)
			}
		})},
		{Name: "writes behind the request", Checks: []string{"RequestUntouched"}, Transport: echoing(func(next echo.Client) echoFunc {
			return func(ctx context.Context, req, reply *payload.Payload) error {
				_ = append(req.Data, 0)
				return next.Echo(ctx, req, reply)
			}
		})},
		{Name: "reply aliases the request", Checks: []string{"ReplyOwned"}, Transport: replying(func(req, reply *payload.Payload) {
			reply.Data = req.Data
		})},
		{Name: "reply aliases a buffer", Checks: []string{"ReplyOwned"}, Transport: echoing(func(next echo.Client) echoFunc {
			var buf []byte
			return func(ctx context.Context, req, reply *payload.Payload) error {
				err := next.Echo(ctx, req, reply)
				buf = append(buf[:0], reply.Data...)
				reply.Data = buf
				return err
			}
		})},
		{Name: "keeps a stale id", Checks: []string{"ReplyReuse"}, Transport: echoing(func(next echo.Client) echoFunc {
			return func(ctx context.Context, req, reply *payload.Payload) error {
				stale := reply.Id
				err := next.Echo(ctx, req, reply)
				if reply.Id == 0 {
					reply.Id = stale
				}
				return err
			}
		})},
		{Name: "keeps stale data", Checks: []string{"ReplyReuse"}, AndOthers: true, Transport: echoing(func(next echo.Client) echoFunc {
			return func(ctx context.Context, req, reply *payload.Payload) error {
				stale := bytes.Clone(reply.Data)
				err := next.Echo(ctx, req, reply)
				if len(reply.Data) < len(stale) {
					reply.Data = append(reply.Data, stale[len(reply.Data):]...)
				}
				return err
			}
		})},

		{Name: "mixes up a batch", Checks: []string{"Batch"}, Transport: many(manyClient{mixesUp: true})},
		{Name: "repeats a reply in a pipeline", Checks: []string{"Pipeline"}, Transport: many(manyClient{repeats: true})},
		{Name: "a pipeline keeps the request", Checks: []string{"Pipeline"}, Transport: many(manyClient{retains: true})},
		{Name: "a pipeline's Close does nothing", Checks: []string{"PipelineClose"}, AndOthers: true, Slow: true, Transport: many(manyClient{deaf: true})},

		{Name: "dials at the first Echo", Checks: []string{"DialNobody", "DialCancelled"}, Transport: &transport{dial: lazyDial}},
		{Name: "ends with Dial's context", Checks: []string{"DialContext"}, AndOthers: true, Transport: &transport{
			dial: func(ctx context.Context, addr string) (echo.Client, error) {
				c, err := healthy.Dial(ctx, addr)
				if err == nil {
					context.AfterFunc(ctx, func() { c.Close() })
				}
				return c, err
			},
		}},
		{Name: "never answers", Checks: []string{"Sizes", "Concurrent"}, AndOthers: true, Slow: true, Transport: echoing(func(next echo.Client) echoFunc {
			return func(ctx context.Context, req, reply *payload.Payload) error {
				<-ctx.Done()
				return ctx.Err()
			}
		})},
		{Name: "hangs", Checks: []string{"Sizes", "Concurrent"}, AndOthers: true, Slow: true, Transport: echoing(func(next echo.Client) echoFunc {
			return func(ctx context.Context, req, reply *payload.Payload) error { select {} }
		})},
		{Name: "ignores the context", Checks: []string{"ContextBefore", "CancelInFlight", "DeadlineInFlight", "SilentServer"}, AndOthers: true, Slow: true, Transport: echoing(func(next echo.Client) echoFunc {
			return func(ctx context.Context, req, reply *payload.Payload) error {
				return next.Echo(context.WithoutCancel(ctx), req, reply)
			}
		})},
		{Name: "hides the context's error", Checks: []string{"ContextBefore", "CancelInFlight", "DeadlineInFlight", "SilentServer"}, Transport: failing(func(ctx context.Context, err error) error {
			if ctx.Err() != nil {
				return errors.New("broken: it took too long")
			}
			return err
		})},
		{Name: "stale reply after a cancelled call", Checks: []string{"CancelInFlight", "DeadlineInFlight"}, Transport: echoing(staleReply)},
		{Name: "swallows every error", Checks: []string{"OverLimit", "ContextBefore", "EchoAfterClose", "ServerCloseInFlight"}, AndOthers: true, Transport: failing(func(ctx context.Context, err error) error {
			return nil
		})},
		{Name: "swallows a broken connection", Checks: []string{"ServerCloseIdle", "ServerCloseInFlight"}, AndOthers: true, Transport: failing(func(ctx context.Context, err error) error {
			if ctx.Err() == nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, echo.ErrTooLarge) {
				return nil
			}
			return err
		})},

		{Name: "Close hangs", Checks: []string{"CloseTwice", "EchoAfterClose", "ServerRestart"}, AndOthers: true, Slow: true, Transport: closing(func(next echo.Client) func() error {
			return func() error { select {} }
		})},
		{Name: "second Close hangs", Checks: []string{"CloseTwice"}, AndOthers: true, Slow: true, Transport: closing(func(next echo.Client) func() error {
			var closed atomic.Bool
			return func() error {
				if closed.Swap(true) {
					select {}
				}
				return next.Close()
			}
		})},
		{Name: "second Close fails", Checks: []string{"CloseTwice", "CloseInFlight"}, Transport: closing(func(next echo.Client) func() error {
			var closed atomic.Bool
			return func() error {
				if closed.Swap(true) {
					return net.ErrClosed
				}
				return next.Close()
			}
		})},
		{Name: "server's second Close fails", Checks: []string{"CloseTwice"}, Transport: serving(func(next echo.Server) func() error {
			var closed atomic.Bool
			return func() error {
				if closed.Swap(true) {
					return net.ErrClosed
				}
				return next.Close()
			}
		})},
		{Name: "Close waits for calls", Checks: []string{"CloseInFlight"}, Transport: &transport{client: func(next echo.Client) echo.Client {
			var calls sync.Mutex
			return &client{next: next,
				echo: func(ctx context.Context, req, reply *payload.Payload) error {
					calls.Lock()
					defer calls.Unlock()
					return next.Echo(ctx, req, reply)
				},
				close: func() error {
					calls.Lock()
					defer calls.Unlock()
					return next.Close()
				},
			}
		}}},
		{Name: "Close does nothing", Checks: []string{"EchoAfterClose", "CloseInFlight"}, Transport: closing(func(next echo.Client) func() error {
			return func() error { return nil }
		})},
		{Name: "hides that it is closed", Checks: []string{"EchoAfterClose", "CloseInFlight"}, Transport: failing(func(ctx context.Context, err error) error {
			if errors.Is(err, net.ErrClosed) {
				return errors.New("broken: use of a closed client")
			}
			return err
		})},
		{Name: "server's Close waits for clients", Checks: []string{"ServerCloseIdle", "ServerCloseInFlight", "ServerCloseStalled", "ServerRestart"}, AndOthers: true, Slow: true, Transport: waitsForClients()},
		{Name: "server's Close does nothing", Checks: []string{"ServerCloseIdle", "ServerCloseInFlight", "ServerRestart", "NoGoroutineLeft"}, Transport: serving(func(next echo.Server) func() error {
			return func() error { return nil }
		})},

		{Name: "listens elsewhere", Checks: []string{"AddressInUse", "BadAddress"}, Transport: &transport{listen: func(addr string) (echo.Server, error) {
			srv, err := healthy.Listen(addr)
			if err != nil {
				return healthy.Listen("")
			}
			return srv, nil
		}}},
		{Name: "listens on all interfaces", Checks: []string{"Loopback"}, Transport: &transport{
			// It only says so: the tests stay on the loopback interface.
			listen: func(addr string) (echo.Server, error) {
				return healthy.Listen(strings.Replace(addr, "0.0.0.0:", "127.0.0.1:", 1))
			},
			server: func(next echo.Server) echo.Server {
				return &server{next: next, addr: func() string { return strings.Replace(next.Addr(), "127.0.0.1:", "0.0.0.0:", 1) }}
			},
		}},
		{Name: "trusts a length", Checks: []string{"Garbage"}, Transport: &transport{listen: trustsLength}},
		{Name: "dies of garbage", Checks: []string{"Garbage"}, Transport: &transport{listen: diesOfGarbage}},
		{Name: "half a request blocks all", Checks: []string{"Garbage"}, AndOthers: true, Slow: true, Transport: &transport{listen: oneAtATime}},

		{Name: "a Client leaks a goroutine", Checks: []string{"NoGoroutineLeft"}, Transport: closing(func(next echo.Client) func() error {
			go func() { select {} }()
			return next.Close
		})},
		{Name: "a Server leaks a goroutine", Checks: []string{"NoGoroutineLeft"}, Transport: serving(func(next echo.Server) func() error {
			go func() { select {} }()
			return next.Close
		})},
	}
}

// sendsTooLarge notices that a message is too large when it has the answer.
func sendsTooLarge() echo.Transport {
	large := new(tcp.Transport)
	tr := echoing(func(next echo.Client) echoFunc {
		return func(ctx context.Context, req, reply *payload.Payload) error {
			err := next.Echo(ctx, req, reply)
			if err == nil && len(req.Data) > int(maxSize) {
				err = fmt.Errorf("broken: %w", echo.ErrTooLarge)
			}
			return err
		}
	}).(*transport)
	tr.listen, tr.dial = large.Listen, large.Dial
	return tr
}

// mixesUp says that its Client may be shared, and gives concurrent callers each
// other's replies.
func mixesUp() echo.Transport {
	tr := echoing(func(next echo.Client) echoFunc {
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
	}).(*transport)
	tr.describe = func(d *echo.Description) { d.Clients = 1 }
	return tr
}

// staleReply leaves the reply to a cancelled call for the next call.
func staleReply(next echo.Client) echoFunc {
	type result struct {
		reply *payload.Payload
		err   error
	}
	var pending chan result
	return func(ctx context.Context, req, reply *payload.Payload) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if pending == nil {
			pending = make(chan result, 1)
			req := proto.Clone(req).(*payload.Payload)
			go func() {
				reply := new(payload.Payload)
				err := next.Echo(context.Background(), req, reply)
				pending <- result{reply, err}
			}()
		}
		select {
		case r := <-pending:
			pending = nil
			reply.Id, reply.Data, reply.Timestamp = r.reply.Id, r.reply.Data, r.reply.Timestamp
			return r.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lazyDial succeeds whoever is there.
func lazyDial(_ context.Context, addr string) (echo.Client, error) {
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

// waitsForClients closes its servers when all clients are closed.
func waitsForClients() echo.Transport {
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
