// Package child runs a transport's server in a child process.
//
// The child is this same test binary, which is asked to run the same benchmark.
// When the benchmark calls [Serve], it serves echoes instead of measuring, and
// exits when its standard input ends. It therefore ends even if its parent is killed.
//
// The parent writes requests to the child's standard input. The child answers on a
// pipe of its own, so that nothing that the child or its libraries print can be taken
// for a reply. Both write JSON, one value a line. The parent keeps the end of the
// child's output for the error message, in case the child fails. A child has a folder
// of its own for temporary files, such as Unix domain sockets, which its parent removes
// even if the child was killed.
package child

import (
	"time"

	"github.com/echobench/echobench/internal/measure/usage"
)

// orderEnv is the environment variable that holds the child's assignment as JSON.
const orderEnv = "ECHOBENCH_CHILD"

// timeout bounds the child's start, each of its replies and its end.
const timeout = 10 * time.Second

// listenTimeout bounds the child's Listen, so that the child ends by itself if it hangs.
const listenTimeout = timeout * 3 / 4

// waitDelay bounds the wait for the ends of a child's pipes after the child has
// ended, because a process that it has started may keep them open.
const waitDelay = time.Second

// maxReply is the longest reply that a parent reads, in bytes. A reply may have a profile.
const maxReply = 16 << 20

// An Order says what a child serves.
type Order struct {
	Benchmark string // the benchmark that calls Serve
	Variant   string // the name of the transport
	Pin       []int  // the processors to run on, or nil
}

// An assignment is what a child is told when it starts.
type assignment struct {
	Order
	Pipe   uintptr // the descriptor or, on Windows, the handle of the pipe for replies
	Folder string  // for temporary files
}

// A request asks for a snapshot of the child's usage at the beginning or at the end
// of a run, for its footprint, or for its heap profile.
type request struct {
	Number    int // 1 for the first request, and one more for each further one
	Begin     bool
	Counters  []string // what to count from the beginning on
	Profile   bool     // take a CPU profile from the beginning to the end
	Footprint bool
	Heap      bool
}

// A reply is what the child writes: first its address, with the number 0, and then
// a reply to each request.
type reply struct {
	Number    int              `json:"number"` // of the request
	Addr      string           `json:"addr,omitempty"`
	Error     string           `json:"error,omitempty"`
	NoReturn  bool             `json:"noReturn,omitempty"` // the server's Listen did not return
	Usage     *usage.Snapshot  `json:"usage,omitempty"`
	Footprint *usage.Footprint `json:"footprint,omitempty"`
	Profile   []byte           `json:"profile,omitempty"` // of the processor or of the heap
}
