// Package broken provides transports that each break one rule of the contract in
// package echo. The tests of package echotest run the conformance kit on each of
// them, and expect that the checks that the [Fault] lists fail.
//
// Each broken transport is a working tcp.Transport with one part replaced: a
// field of transport, often set by one of the with functions. Each file
// contains the faults of one kind. The package also provides transports without
// a fault, which must pass the kit: [Healthy], [Extended] and [Opaque].
package broken

import (
	"slices"

	"github.com/echobench/echobench/echo"
)

// A Fault is a transport that breaks a rule.
type Fault struct {
	// Name says what is wrong with the transport.
	Name string

	// Checks are the names of the conformance checks that must fail.
	Checks []string

	// AndOthers says that other checks may fail as well. If it is false, they must
	// pass.
	AndOthers bool

	// Slow says that only Checks should run, because calls hang in many others.
	Slow bool

	// Alone says that only Checks should run, to save time.
	Alone bool

	Transport echo.Transport
}

// Faults returns all broken transports. Each call returns new ones.
func Faults() []Fault {
	return slices.Concat(
		describeFaults(),
		networkFaults(),
		wireFaults(),
		sizeFaults(),
		replyFaults(),
		timestampFaults(),
		requestFaults(),
		memoryFaults(),
		batchFaults(),
		pipelineFaults(),
		dialFaults(),
		contextFaults(),
		lateFaults(),
		largeFaults(),
		causeFaults(),
		errorFaults(),
		clientCloseFaults(),
		serverCloseFaults(),
		addressFaults(),
		othersFaults(),
		lengthFaults(),
		garbageFaults(),
		fileFaults(),
		goroutineFaults(),
	)
}
