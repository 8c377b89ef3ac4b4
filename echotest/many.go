package echotest

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/payload"
	"google.golang.org/protobuf/proto"
)

// What several messages at once do, for Clients that can.

func (k *kit) batch() {
	c, ok := k.dial(k.listen().Addr()).(echo.Batcher)
	if !ok {
		k.Skip("the transport's Clients are no Batchers")
	}
	echoBatch := func(ctx context.Context, reqs, replies []*payload.Payload) error {
		return k.within("EchoBatch", func() error { return c.EchoBatch(ctx, reqs, replies) })
	}
	batch := func(n int) (reqs, replies []*payload.Payload) {
		for i := range n {
			reqs = append(reqs, k.request(i*i))
			replies = append(replies, &payload.Payload{Id: 1, Data: []byte("stale"), Timestamp: 1})
		}
		return reqs, replies
	}
	for _, n := range []int{1, 2, 10, 100} {
		reqs, replies := batch(n)
		before := make([]*payload.Payload, n)
		for i, req := range reqs {
			before[i] = proto.Clone(req).(*payload.Payload)
		}
		if err := echoBatch(k.patient(), reqs, replies); err != nil {
			k.Fatalf("EchoBatch of %d: %v", n, err)
		}
		for i := range reqs {
			if err := answers(reqs[i], replies[i]); err != nil {
				k.Errorf("EchoBatch of %d, message %d: %v", n, i, err)
			}
			if !proto.Equal(reqs[i], before[i]) {
				k.Errorf("EchoBatch of %d, message %d: the request was modified", n, i)
			}
		}
	}

	if limit := int(contract.Describe(k.tr, 1).MaxSize); limit > 0 {
		reqs, replies := batch(3)
		reqs[1].Data = make([]byte, limit+1)
		if err := echoBatch(k.patient(), reqs, replies); !errors.Is(err, echo.ErrTooLarge) {
			k.Errorf("EchoBatch with a message over MaxSize: error %v, want one that matches ErrTooLarge", err)
		}
		k.mustEcho(c, k.request(64))
	}

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	reqs, replies := batch(3)
	if err := echoBatch(ctx, reqs, replies); !errors.Is(err, context.Canceled) {
		k.Errorf("EchoBatch with a cancelled context: error %v, want one that matches context.Canceled", err)
	}
	k.closeClient(c)
	if err := echoBatch(k.patient(), reqs, replies); !errors.Is(err, net.ErrClosed) {
		k.Errorf("EchoBatch after Close: error %v, want one that matches net.ErrClosed", err)
	}
}

// depth is how many requests the checks keep in flight.
const depth = 8

func (k *kit) pipelines() {
	c, ok := k.dial(k.listen().Addr()).(echo.Pipeliner)
	if !ok {
		k.Skip("the transport's Clients are no Pipeliners")
	}
	p := k.pipeline(k.patient(), c)
	k.throughPipeline(p, 100)
	k.mustEcho(c, k.request(64)) // the Client is not the pipeline's alone

	// What is in flight when a pipeline closes does not bother the next one.
	if err := k.within("Send", func() error { return p.Send(k.request(64)) }); err != nil {
		k.Errorf("Send: %v", err)
	}
	for range 2 {
		if err := k.within("a Pipeline's Close", p.Close); err != nil {
			k.Errorf("a Pipeline's Close: %v", err)
		}
	}
	err := k.receive(p)
	if err == nil {
		err = k.receive(p) // the first was the answer in flight
	}
	if err == nil {
		k.Error("a closed pipeline goes on receiving")
	}
	k.throughPipeline(k.pipeline(k.patient(), c), 20)

	// A context ends a Receive that waits for nothing.
	p = k.pipeline(k.doomed(), c)
	if err := k.receive(p); !errors.Is(err, context.DeadlineExceeded) {
		k.Errorf("Receive with nothing in flight until the context's deadline: error %v, want one that matches context.DeadlineExceeded", err)
	}
}

func (k *kit) pipelineCloses() {
	c, ok := k.dial(k.listen().Addr()).(echo.Pipeliner)
	if !ok {
		k.Skip("the transport's Clients are no Pipeliners")
	}
	for _, how := range []struct {
		name  string
		close func(echo.Pipeline) error
	}{
		{"its Close", func(p echo.Pipeline) error { return p.Close() }},
		{"its Client's Close", func(echo.Pipeline) error { return c.Close() }},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		k.Cleanup(cancel)
		p := k.pipeline(ctx, c)
		received := make(chan error, 1)
		go func() { received <- p.Receive(new(payload.Payload)) }()
		if err := k.within(how.name, func() error { return how.close(p) }); err != nil {
			k.Errorf("%s with a Receive waiting: %v", how.name, err)
		}
		if err := k.within("Receive", func() error { return <-received }); err == nil {
			k.Errorf("Receive with nothing in flight returned nil at %s", how.name)
		}
	}
}

func (k *kit) pipeline(ctx context.Context, c echo.Pipeliner) (p echo.Pipeline) {
	k.Helper()
	err := k.within("Pipeline", func() (err error) { p, err = c.Pipeline(ctx, depth); return })
	if err != nil {
		k.Fatalf("Pipeline: %v", err)
	}
	k.Cleanup(func() { k.within("a Pipeline's Close", p.Close) })
	return p
}

func (k *kit) receive(p echo.Pipeline) error {
	k.Helper()
	return k.within("Receive", func() error { return p.Receive(new(payload.Payload)) })
}

// throughPipeline sends n requests from one goroutine and receives in another.
func (k *kit) throughPipeline(p echo.Pipeline, n int) {
	k.Helper()
	var mu sync.Mutex
	inFlight := map[uint64]*payload.Payload{}
	room := make(chan struct{}, depth)
	sent := make(chan error, 1)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		var err error
		for i := 0; i < n && err == nil; i++ {
			select {
			case room <- struct{}{}:
			case <-stop:
				return
			}
			req := k.request(i * 10)
			mu.Lock()
			inFlight[req.Id] = req
			mu.Unlock()
			copied := &payload.Payload{Id: req.Id, Data: slices.Clone(req.Data), Timestamp: req.Timestamp}
			err = p.Send(copied)
			clear(copied.Data) // Send must not have kept it
		}
		sent <- err
	}()
	reply := new(payload.Payload)
	for i := range n {
		if err := k.within("Receive", func() error { return p.Receive(reply) }); err != nil {
			k.Fatalf("Receive %d of %d: %v", i+1, n, err)
		}
		mu.Lock()
		req := inFlight[reply.Id]
		delete(inFlight, reply.Id)
		mu.Unlock()
		if req == nil {
			k.Fatalf("Receive %d of %d: id %d, which is not in flight", i+1, n, reply.Id)
		}
		if err := answers(req, reply); err != nil {
			k.Error(err)
		}
		<-room
	}
	if err := k.within("Send", func() error { return <-sent }); err != nil {
		k.Errorf("Send: %v", err)
	}
}
