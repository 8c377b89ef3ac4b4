package echobench

import (
	"context"

	"github.com/echobench/echobench/payload"
)

// Each, as a number of connections, means one for each worker.
const Each = -1

// A Batcher is a Client that can send several requests as one. A Suite with a
// Batch uses it.
type Batcher interface {
	Client

	// EchoBatch sends reqs together and fills replies[i] with the answer to
	// reqs[i]; they are equally many. If any of it fails, all of it counts as
	// failed. Otherwise what Echo's contract says holds for each.
	EchoBatch(ctx context.Context, reqs, replies []*payload.Payload) error
}

// A Pipeliner is a Client on which a worker need not wait for a reply before it
// sends its next request. A Suite with a Depth uses it.
type Pipeliner interface {
	Client

	// Pipeline opens a pipeline for one worker, which will have at most depth
	// requests in flight. When ctx ends, Send and Receive return its error.
	Pipeline(ctx context.Context, depth int) (Pipeline, error)
}

// A Pipeline is one worker's requests in flight. One goroutine sends while
// another receives.
type Pipeline interface {
	// Send sends req and does not wait for its reply. It may block until there is
	// room to send, and neither modifies nor retains req.
	Send(req *payload.Payload) error

	// Receive fills reply with a reply to any request sent, as Echo would.
	Receive(reply *payload.Payload) error

	// Close ends the pipeline, with an error for what is in flight, and waits for
	// its goroutines. A second Close does nothing and returns nil.
	Close() error
}
