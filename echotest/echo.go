package echotest

import (
	"bytes"
	"context"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/internal/rules/trial"
	"github.com/echobench/echobench/payload"
)

func (k *kit) concurrent() {
	const callers = 64
	clients := k.DialAll(k.Listen().Addr(), callers)
	begin, done := make(chan struct{}), make(chan error, callers)
	for i := range callers {
		go func() {
			<-begin
			done <- k.echoSizes(clients[i%len(clients)], i)
		}()
	}
	close(begin)
	var errs []error
	for range callers {
		if err := <-done; err != nil {
			errs = append(errs, err)
		}
	}
	if errs != nil {
		k.Errorf("%d of %d concurrent callers on %d clients failed; the first error: %v", len(errs), callers, len(clients), errs[0])
	}
}

// echoSizes makes 20 calls with data of different sizes, which depend on the
// caller's number, and returns the first error. Each call has a time limit of its own,
// because all of them together may take long on a busy machine.
func (k *kit) echoSizes(c echo.Client, caller int) error {
	largest := min(k.MaxSize(), 8<<10)
	var reply payload.Payload
	for n := range 20 {
		req := k.Request((977*caller + 131*n) % (largest + 1))
		ctx, cancel := context.WithTimeout(context.Background(), k.Hang()*3/4)
		err := bound.Call(k.Hang(), func() error { return c.Echo(ctx, req, &reply) })
		cancel()
		if err != nil {
			return err
		}
		if err := trial.CheckReply(req, &reply); err != nil {
			return err
		}
	}
	return nil
}

// How many calls everyReply makes, and how long it takes at most, because some
// transports wait a while in each call.
const (
	manyCalls    = 6000
	maxManyCalls = 4 * time.Second
)

func (k *kit) everyReply() {
	c := k.Dial(k.Listen().Addr())
	for begin, n := time.Now(), 0; n < manyCalls && time.Since(begin) < maxManyCalls; n += 100 {
		k.EchoAll([]echo.Client{c}, 1, 64, 100)
	}
}

func (k *kit) ids() {
	c := k.Dial(k.Listen().Addr())
	for _, id := range []uint64{1, 0, 1<<64 - 1, 0, 1 << 63, 1<<32 + 1, 1} {
		req := k.Request(16)
		req.Id = id
		k.MustEcho(c, req)
	}
}

func (k *kit) replyOwned() {
	c := k.Dial(k.Listen().Addr())
	first, second := k.Request(4096), k.Request(4096)
	var reply, later payload.Payload
	k.MustEchoInto(c, first, &reply)
	want := bytes.Clone(first.Data)
	clear(first.Data)
	if !bytes.Equal(reply.Data, want) {
		k.Fatal("the reply's data changed when the request's data was overwritten after Echo")
	}
	k.MustEchoInto(c, second, &later)
	if !bytes.Equal(reply.Data, want) {
		k.Fatal("a later Echo changed the data of an earlier reply")
	}
	clear(reply.Data)
	clear(later.Data[:cap(later.Data)])
	k.MustEcho(c, k.Request(4096))
}

func (k *kit) replyReuse() {
	c := k.Dial(k.Listen().Addr())
	largest := min(64<<10, k.MaxSize())
	var reply payload.Payload
	for _, size := range []int{largest, min(16, largest), 0, largest / 2, largest} {
		k.MustEchoInto(c, k.Request(size), &reply)
	}
	for _, size := range []int{0, largest} {
		req := k.Request(size)
		req.Id = 0
		k.MustEchoInto(c, req, &payload.Payload{Id: 1<<64 - 1, Data: payload.Body(2*largest+1, 1), Timestamp: -1})
		k.MustEchoInto(c, req, &payload.Payload{Id: 1<<64 - 1, Data: payload.Body(1, 1), Timestamp: 1<<63 - 1})
	}
}
