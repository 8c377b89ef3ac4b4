package tcp

import (
	"context"

	"github.com/echobench/echobench/payload"
)

// A call is a request and the wait for its reply.
type call struct {
	ctx    context.Context // ends the call; nil if the caller watches its context itself
	number uint64
	reply  *payload.Payload
	err    error
	turn   chan struct{} // gets a value when it is the call's turn to write into the queue
	done   chan *call    // gets the call when reply or err is set
}

// newCall returns a call that is sent to done when it ends.
func newCall(done chan *call) *call { return &call{turn: make(chan struct{}, 1), done: done} }

// end ends the call. If err is nil, the reply has been set.
func (c *call) end(err error) {
	c.err = err
	c.done <- c
}

// A request's number consists of the index of its queue, the index of its slot in that
// queue, and the number of calls that the slot had before. A late reply therefore does
// not have the number of a later call in the same slot.
const (
	queueBits = 8
	slotBits  = 24
)

func requestNumber(queue, slot, used uint32) uint64 {
	return uint64(used)<<(queueBits+slotBits) | uint64(slot)<<queueBits | uint64(queue)
}

func queueOf(number uint64) uint32 { return uint32(number & (1<<queueBits - 1)) }
func slotOf(number uint64) uint32  { return uint32(number >> queueBits & (1<<slotBits - 1)) }
