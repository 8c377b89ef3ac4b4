package echo

import "github.com/echobench/echobench/payload"

// Each, as a number of connections, means one connection for each worker.
const Each = -1

// A Describer is a Transport that states its properties before anything starts.
// A Transport that is not a Describer gets one Client for each worker, and is
// assumed to open one connection for each Client and to carry data of any size.
type Describer interface {
	Transport

	// Describe returns how the transport serves the given number of concurrent
	// workers.
	Describe(workers int) Description
}

// A Description is what a Describer returns. A zero field has the meaning that
// it has for a Transport that is not a Describer.
type Description struct {
	// Clients is how many Clients serve the workers. If there are fewer Clients
	// than workers, the workers share them, and each Client is safe for concurrent
	// use.
	Clients int

	// Files is how many file descriptors both ends open together, and ServerFiles how
	// many of them the server opens. If ServerFiles is 0, it is half of Files.
	Files, ServerFiles int

	// MaxSize is the largest len(Data), in bytes, that the transport carries.
	MaxSize payload.Size

	// Network is the network that carries the data, and to which the Server's Addr
	// belongs: "tcp", "udp" or "unix" as in package net, or another word, such as
	// "inproc", for anything else. Empty means "tcp". The conformance kit and a Suite
	// put a proxy between the two ends over the first three, to see that the data
	// crosses it.
	Network string

	// Settings is one line that is printed with the results: the connection model,
	// compression, timeouts, NODELAY, buffers and limits.
	Settings string

	// Exceptions are the rules of package echotest that the transport does not keep,
	// because its library cannot. The conformance kit prints them and does not count
	// them as passed, and a Suite prints them with the results. Only some rules may be
	// declared: see package echotest.
	Exceptions []Exception

	// Unavailable, if not nil, says why the transport cannot be used in this build.
	// Its cells are then reported as skipped.
	Unavailable error
}

// An Exception is a rule that a transport does not keep.
type Exception struct {
	// Rule is the name of the rule in package echotest, such as "OthersServed".
	Rule string

	// Reason is one line that says what the library does instead, with a figure where
	// there is one.
	Reason string
}

// A Variant is a Transport with certain settings, under a name of its own, so
// that several settings of one protocol can stand in the same table of results.
type Variant struct {
	// Name replaces the Transport's Name in results: one or more of a-z and 0-9.
	Name string

	// About describes the variant in a few words.
	About string

	// Transport carries the echoes.
	Transport Transport

	// Batch, if not 0, is how many messages a worker sends as one call of a
	// Batcher. Depth, if not 0, is how many requests it keeps in flight on a
	// Pipeliner. At most one of them is set; if neither is, a worker sends one
	// request at a time.
	Batch, Depth int
}
