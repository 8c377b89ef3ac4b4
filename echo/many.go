package echo

import (
	"context"

	"github.com/echobench/echobench/payload"
)

// A Batcher is a Client that can send several requests as one call.
type Batcher interface {
	Client

	// EchoBatch sends reqs together and stores the reply to reqs[i] in
	// replies[i]; both slices have the same length. If any message fails, the
	// whole batch counts as failed. Otherwise Echo's contract holds for each
	// message.
	EchoBatch(ctx context.Context, reqs, replies []*payload.Payload) error
}

// A Pipeliner is a Client on which a worker can send its next request before it
// has received the reply to the previous one.
type Pipeliner interface {
	Client

	// Pipeline opens a pipeline for one worker, which will have at most depth
	// requests in flight. When ctx ends, Send and Receive return its error.
	Pipeline(ctx context.Context, depth int) (Pipeline, error)
}

// A Pipeline holds one worker's requests in flight. One goroutine calls Send
// while another calls Receive.
type Pipeline interface {
	// Send sends req and does not wait for its reply. It may block until there is
	// room to send. It neither modifies nor retains req.
	Send(req *payload.Payload) error

	// Receive waits for the reply to any request that was sent, and stores it in
	// reply as Echo would.
	Receive(reply *payload.Payload) error

	// Close ends the pipeline and waits for its goroutines. Requests in flight end
	// with an error. A second Close does nothing and returns nil.
	Close() error
}
