package rest

import (
	"errors"
	"sync/atomic"

	"github.com/echobench/echobench/payload"
)

// Over HTTP/2 a client can have many requests in progress on one connection, and make
// the server hold all of them by not reading any response. It cannot be made to wait
// by leaving its requests unread, because a connection has one flow-control window for
// all of its streams: the unread requests would use it up, and those that are being
// read would never be complete. So the server refuses requests beyond what the
// messages of a connection may occupy. The Clients of this package make their calls
// wait before that; see sendLimit.

const (
	sendMost = 32 << 20 // bytes of requests that a Client has in flight, unless a single one is longer
	sendRoom = 1 << 20  // further bytes at the server, for calls that have just ended
)

// connMessages returns how many bytes the messages of an HTTP/2 connection may occupy
// at the server, if the data of each is limited.
func connMessages(limit payload.Size) int64 {
	return max(sendMost, maxBody(limit)) + sendRoom
}

// connMemory returns how many bytes of memory one connection can make a server hold.
func (t *Transport) connMemory(limit payload.Size) int64 {
	if !t.HTTP2 {
		return 5*int64(limit)/2 + 256<<10 // the body and its decoded data, rounded up by append
	}
	const (
		stream = 36 << 10 // headers, stacks and net/http's buffers
		window = 1 << 20
	)
	return 9*connMessages(limit)/8 + maxStreams*stream + window // see claim.storage
}

// errNoMemory is the error of a request for which its connection has no memory left.
var errNoMemory = errors.New("the requests in progress on the connection occupy too much memory")

// A claim is the part of its connection's memory that one message occupies. The zero
// claim, and nil, have no limit.
type claim struct {
	free *atomic.Int64 // what is left of the connection's memory; nil means no limit
	n    int64
}

// resize changes the claim to n bytes. If they are not available, the claim remains
// as it is.
func (c *claim) resize(n int) error {
	if c == nil || c.free == nil {
		return nil
	}
	more := int64(n) - c.n
	for {
		free := c.free.Load()
		if more > free {
			return errNoMemory
		}
		if c.free.CompareAndSwap(free, free-more) {
			c.n = int64(n)
			return nil
		}
	}
}

// storage returns buf, emptied, for a message of n bytes. If a claim with a limit
// would be much smaller than buf, it returns nil. The claim becomes n bytes.
func (c *claim) storage(buf []byte, n int) ([]byte, error) {
	if err := c.resize(n); err != nil {
		return nil, err
	}
	if c != nil && c.free != nil && cap(buf) > n+n/8+4<<10 {
		return nil, nil
	}
	return buf[:0], nil
}

// all returns buf, emptied, with a claim to all of it, or nil if that is more than is
// available. A message whose length is not known uses it.
func (c *claim) all(buf []byte) []byte {
	if c.resize(cap(buf)) != nil {
		return nil
	}
	return buf[:0]
}
