package soak

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/payload"
)

// The limits of what callers do.
const (
	maxPause   = 100 * time.Millisecond // between two calls of a caller
	usualSize  = 64 << 10               // bytes of data of most requests, at most
	largeSize  = 1 << 20                // of one in a hundred
	minTimeout = 20 * time.Millisecond
)

// A caller makes one call after the other.
type caller struct {
	target  *target
	session *session
	rand    *rand.Rand
	reply   payload.Payload // used again and again, so that a late write to it shows
}

func (t *target) newCaller(number int, s *session) *caller {
	return &caller{target: t, session: s, rand: t.newRand(number)}
}

// run makes calls until ctx ends.
func (c *caller) run(ctx context.Context) {
	for ctx.Err() == nil {
		if client := c.session.get(); client != nil {
			c.call(client)
		}
		sleep(ctx, time.Duration(c.rand.Int64N(int64(maxPause))))
	}
}

// call makes one call.
func (c *caller) call(client echo.Client) {
	t := c.target
	t.busy.Add(1)
	req := newRequest(c.size())
	c.reply.Id, c.reply.Timestamp = 0, 0
	timeout := time.Duration(float64(minTimeout) * math.Exp(c.rand.Float64()*math.Log(float64(t.Timeout)/float64(minTimeout))))
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	ends := time.Now().Add(timeout)
	if c.rand.IntN(10) == 0 {
		early := time.Duration(c.rand.Int64N(int64(timeout)))
		ends = time.Now().Add(early)
		defer time.AfterFunc(early, cancel).Stop()
	}
	err := client.Echo(ctx, req, &c.reply)
	t.busy.Add(-1)
	t.judgeTime("Echo", time.Since(ends))
	if err == nil {
		err = c.verify(req)
	} else {
		t.judgeError(ctx, err)
	}
	t.counts.calls.add(err)
	if c.givesUp(ctx, err) {
		c.session.replace(client)
	}
}

// size returns the size of a request, whose orders of magnitude are equally likely.
func (c *caller) size() int {
	if c.rand.IntN(100) == 0 {
		return c.rand.IntN(largeSize)
	}
	return int(math.Exp(c.rand.Float64()*math.Log(usualSize))) - 1
}

// verify checks the reply.
func (c *caller) verify(req *payload.Payload) error {
	err := contract.Verify(req, &c.reply, true)
	if err != nil {
		c.target.failf("Echo of id %d and %d bytes: %v", req.Id, len(req.Data), err)
	}
	return err
}

// judgeTime counts how long after its context's end a call has returned, and whether
// that is too late.
func (t *target) judgeTime(what string, late time.Duration) {
	t.counts.late.raise(late)
	if limit := t.slack(); late > limit {
		t.failf("%s returned %v after the end of its context, want %v at most", what, late.Round(time.Millisecond), limit)
	}
}

// judgeError checks that the error of a call has a reason.
func (t *target) judgeError(ctx context.Context, err error) {
	deadline, _ := ctx.Deadline()
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() == nil:
		t.failf("an error matches context.Canceled, and the context has not ended: %v", err)
	case errors.Is(err, context.DeadlineExceeded) && time.Now().Before(deadline):
		t.failf("an error matches context.DeadlineExceeded before the deadline: %v", err)
	case errors.Is(err, echo.ErrTooLarge):
		t.failf("an error matches echo.ErrTooLarge for a request within the limit: %v", err)
	}
}

// givesUp decides whether the client is replaced: after one in two errors, and after one
// in two hundred calls that were right or whose context ended, so that it is closed while
// it works as well. A client that many callers share is replaced as often as one of a
// single caller.
func (c *caller) givesUp(ctx context.Context, err error) bool {
	odds := 200
	if err != nil && ctx.Err() == nil {
		odds = 2
	}
	return c.rand.IntN(odds*c.session.callers) == 0
}
