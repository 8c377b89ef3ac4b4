package link

import (
	"errors"
	"sync"
	"time"

	"github.com/echobench/echobench/internal/run/sleep"
)

// A packet is a part of a flow that is under way.
type packet struct {
	flow    *flow
	data    *[]byte   // nil at the end of the flow
	end     error     // why the flow has ended; nil before its end
	arrives time.Time // at the other end of the link
}

var buffers sync.Pool // of *[]byte with room for maxChunk bytes

// release lets the packet's buffer be used again.
func (p packet) release() { buffers.Put(p.data) }

// A direction is what all flows of one direction share: the transmitter with its
// rate and its queue, and the distance.
type direction struct {
	delay   time.Duration
	rate    float64 // bytes a nanosecond; 0 means no limit
	queue   int     // bytes
	chunk   int     // bytes
	closed  <-chan struct{}
	packets chan packet // under way, in the order in which they arrive

	mu      sync.Mutex     // held while a sender waits for room in the queue
	free    time.Time      // when the transmitter has sent everything in its queue
	sleeper *sleep.Sleeper // of that sender

	delivering *sleep.Sleeper // of deliver
}

// maxPackets is how many packets are under way at most.
const maxPackets = 1 << 14

func newDirection(c Config, delay time.Duration, closed <-chan struct{}) (*direction, error) {
	sender, err := sleep.New()
	if err != nil {
		return nil, err
	}
	delivering, err := sleep.New()
	if err != nil {
		sender.Close()
		return nil, err
	}
	return &direction{
		delay:      delay,
		rate:       float64(c.Rate) / 8 / 1e9,
		queue:      c.queue(),
		chunk:      c.chunk(),
		closed:     closed,
		packets:    make(chan packet, maxPackets),
		sleeper:    sender,
		delivering: delivering,
	}, nil
}

// release releases what the direction holds, after everything has ended.
func (d *direction) release() error { return errors.Join(d.sleeper.Close(), d.delivering.Close()) }

// buffer returns a buffer for one packet.
func (d *direction) buffer() *[]byte {
	buf, ok := buffers.Get().(*[]byte)
	if !ok {
		buf = new([]byte)
		*buf = make([]byte, maxChunk)
	}
	*buf = (*buf)[:d.chunk]
	return buf
}

// send puts p into the queue. It waits while the queue is full. It returns false if
// the link is closed.
func (d *direction) send(p packet) bool {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	if p.data != nil {
		n = len(*p.data)
	}
	if d.rate > 0 {
		room := d.free.Add(-time.Duration(float64(d.queue-n) / d.rate))
		if room.After(now) {
			if !sleepUntil(d.sleeper, room, d.closed) {
				return false
			}
			now = room
		}
		if d.free.Before(now) {
			d.free = now
		}
		d.free = d.free.Add(time.Duration(float64(n) / d.rate))
		now = d.free
	}
	p.arrives = now.Add(d.delay)
	select {
	case d.packets <- p:
		return true
	case <-d.closed:
		return false
	}
}

// deliver hands each packet to its flow when it has arrived, until the link is
// closed.
func (d *direction) deliver() {
	w := waker{sleeper: d.delivering, closed: d.closed}
	for {
		select {
		case p := <-d.packets:
			if !w.until(p.arrives) {
				return
			}
			p.flow.arrive(p)
		case <-d.closed:
			return
		}
	}
}
