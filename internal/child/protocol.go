// Package child runs a transport's server in a child process.
//
// The child is this same test binary, which is asked to run the same benchmark.
// When the benchmark calls [Serve], it serves echoes instead of measuring, and
// exits when its standard input ends; so no child is left, whatever becomes of
// its parent. The two processes exchange JSON, one value a line, over the child's
// standard input and output. Any other line of output is kept for the error
// message, should the child fail.
package child

import (
	"time"

	"github.com/echobench/echobench/internal/usage"
)

// orderEnv is the environment variable that holds the child's Order as JSON.
const orderEnv = "ECHOBENCH_CHILD"

// timeout bounds the child's start, each of its answers and its end.
const timeout = 10 * time.Second

// An Order says what a child is to serve.
type Order struct {
	Benchmark string // the benchmark that calls Serve
	Variant   string // the name of the transport
	Pin       []int  // the processors to run on, or nil
}

// A request asks for a snapshot of the child's usage at the begin or at the end
// of a run.
type request struct {
	Begin    bool
	Counters []string // what to count from the begin on
}

// A reply is what the child writes: first its address, and then an answer to each
// request.
type reply struct {
	Addr  string          `json:"addr,omitempty"`
	Error string          `json:"error,omitempty"`
	Usage *usage.Snapshot `json:"usage,omitempty"`
}
