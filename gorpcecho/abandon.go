package gorpcecho

import "github.com/valyala/gorpc"

// abandonedPlace is how many bytes of cancelled requests count as one place more.
const abandonedPlace = 4 << 10

// abandonedOverhead is what a cancelled call takes besides its request, generously:
// a goroutine and gorpc's bookkeeping, in bytes.
const abandonedOverhead = 16 << 10

// abandon cancels a call that nobody waits for any more. gorpc keeps its request
// until the server answers it, or until its turn comes to be sent. Until then it
// takes places according to its length.
func (c *client) abandon(call call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.ended: // then no call needs a place
		return
	default:
	}
	call.Cancel()
	more := (len(*call.buf) + abandonedOverhead) / abandonedPlace
	c.places.hold(more)
	c.abandoned.Go(func() {
		select {
		case <-call.Done:
		case <-c.ended:
			return
		}
		if call.Error == gorpc.ErrCanceled { // it was not sent, so that no answer frees its place
			more++
		}
		c.buffers.Put(call.buf)
		c.places.free(more)
	})
}
