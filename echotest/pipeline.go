package echotest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/rules/trial"
	"github.com/echobench/echobench/payload"
)

// pipelineDepth is how many requests the checks keep in flight.
const pipelineDepth = 8

func (k *kit) pipeline() {
	c := k.dialPipeliner()
	p := k.openPipeline(k.LongContext(), c)
	k.exchange(p, 100)
	k.MustEcho(c, k.Request(64)) // the Client must remain usable for Echo
	k.closeWithRequestInFlight(p)

	// A new Pipeline must not receive the reply to the old one's request.
	k.exchange(k.openPipeline(k.LongContext(), c), 20)

	p = k.openPipeline(k.ExpiringContext(), c)
	if err := k.receive(p); !errors.Is(err, context.DeadlineExceeded) {
		k.Errorf("Receive with nothing in flight until the context's deadline: error %v, want one that matches context.DeadlineExceeded", err)
	}
}

// closeWithRequestInFlight sends a request through p and closes p twice.
func (k *kit) closeWithRequestInFlight(p echo.Pipeline) {
	k.Helper()
	if err := k.Within("Send", func() error { return p.Send(k.Request(64)) }); err != nil {
		k.Errorf("Send: %v", err)
	}
	for range 2 {
		if err := k.closePipeline(p); err != nil {
			k.Errorf("Close of a Pipeline: %v", err)
		}
	}
	err := k.receive(p)
	if err == nil {
		err = k.receive(p) // the first may have been the reply in flight
	}
	if err == nil {
		k.Error("Receive on a closed Pipeline succeeded twice with one request in flight")
	}
}

func (k *kit) pipelineClose() {
	c := k.dialPipeliner()
	for _, by := range []struct {
		name  string
		close func(echo.Pipeline) error
	}{
		{"Close of the Pipeline", func(p echo.Pipeline) error { return p.Close() }},
		{"Close of its Client", func(echo.Pipeline) error { return c.Close() }},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		k.Cleanup(cancel)
		p := k.openPipeline(ctx, c)
		received := make(chan error, 1)
		go func() { received <- p.Receive(new(payload.Payload)) }()
		if err := k.Within(by.name, func() error { return by.close(p) }); err != nil {
			k.Errorf("%s while a Receive waits: %v", by.name, err)
		}
		if err := k.Within("Receive after "+by.name, func() error { return <-received }); err == nil {
			k.Errorf("Receive with nothing in flight after %s: got no error, want one", by.name)
		}
	}
}

// dialPipeliner skips the check if the transport's Clients have no pipelines.
func (k *kit) dialPipeliner() echo.Pipeliner {
	k.Helper()
	c, ok := k.Dial(k.Listen().Addr()).(echo.Pipeliner)
	if !ok {
		k.Skip("the transport's Clients do not implement echo.Pipeliner")
	}
	return c
}

// openPipeline opens a pipeline, which is closed when the check ends.
func (k *kit) openPipeline(ctx context.Context, c echo.Pipeliner) (p echo.Pipeline) {
	k.Helper()
	err := k.Within("Pipeline", func() (err error) { p, err = c.Pipeline(ctx, pipelineDepth); return })
	if err != nil {
		k.Fatalf("Pipeline: %v", err)
	}
	k.Cleanup(func() { k.closePipeline(p) })
	return p
}

func (k *kit) closePipeline(p echo.Pipeline) error {
	k.Helper()
	return k.Within("Close of a Pipeline", p.Close)
}

func (k *kit) receive(p echo.Pipeline) error {
	k.Helper()
	return k.Within("Receive", func() error { return p.Receive(new(payload.Payload)) })
}

// exchange sends n requests through p from a new goroutine. It receives and
// checks the replies at the same time.
func (k *kit) exchange(p echo.Pipeline, n int) {
	k.Helper()
	f := inFlight{reqs: map[uint64]*payload.Payload{}, room: make(chan struct{}, pipelineDepth)}
	stop, sent := make(chan struct{}), make(chan error, 1)
	defer close(stop)
	go func() { sent <- k.send(p, n, &f, stop) }()
	reply := new(payload.Payload)
	for i := range n {
		if err := k.Within("Receive", func() error { return p.Receive(reply) }); err != nil {
			k.Fatalf("Receive %d of %d: %v", i+1, n, err)
		}
		req := f.take(reply.Id)
		if req == nil {
			k.Fatalf("Receive %d of %d: got id %d, which is not in flight", i+1, n, reply.Id)
		}
		if err := trial.CheckReply(req, reply); err != nil {
			k.Error(err)
		}
		<-f.room
	}
	if err := k.Within("Send", func() error { return <-sent }); err != nil {
		k.Errorf("Send: %v", err)
	}
}

// send sends n requests, as long as there is room for them in f. It returns at
// the first error, or when stop is closed.
func (k *kit) send(p echo.Pipeline, n int, f *inFlight, stop <-chan struct{}) error {
	for i := range n {
		select {
		case f.room <- struct{}{}:
		case <-stop:
			return nil
		}
		req := k.Request(i * 10)
		f.add(req)
		sent := &payload.Payload{Id: req.Id, Data: slices.Clone(req.Data), Timestamp: req.Timestamp}
		err := p.Send(sent)
		clear(sent.Data) // the reply is wrong if the pipeline still uses it
		if err != nil {
			return err
		}
	}
	return nil
}

// inFlight contains the requests of an exchange that have not been answered.
type inFlight struct {
	room chan struct{} // has an element for each request in flight

	mu   sync.Mutex
	reqs map[uint64]*payload.Payload
}

func (f *inFlight) add(req *payload.Payload) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reqs[req.Id] = req
}

// take removes and returns the request with the given id, or returns nil.
func (f *inFlight) take(id uint64) *payload.Payload {
	f.mu.Lock()
	defer f.mu.Unlock()
	req := f.reqs[id]
	delete(f.reqs, id)
	return req
}
