// Package slowed has a transport that is slower than another one by a known
// amount. Comparisons are tested with it: they must find the difference.
package slowed

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/measure/usage"
	"github.com/echobench/echobench/payload"
)

// Env is the environment variable that says by how many percent an echo is slowed.
// Two processes of one build can so be made to differ.
const Env = "ECHOBENCH_SLOWED"

// A Transport uses up more processor time for each Echo than the transport that it
// contains, by a percentage of what the whole process uses for an echo. If the server
// is in the same process and the processors are busy, every figure of time grows by
// that percentage.
type Transport struct {
	echo.Describer
	Percent float64

	calls   atomic.Int64
	spun    atomic.Int64 // processor time used up so far, in nanoseconds
	spin    atomic.Int64 // what each call uses up, in nanoseconds
	initial atomic.Pointer[float64]
}

// FromEnv returns a Transport that slows tr as [Env] says, or not at all.
func FromEnv(tr echo.Describer) *Transport {
	percent, err := strconv.ParseFloat(os.Getenv(Env), 64)
	if err != nil {
		percent = 0
	}
	return &Transport{Describer: tr, Percent: percent}
}

// Describe implements [echo.Describer].
func (t *Transport) Describe(workers int) echo.Description {
	d := t.Describer.Describe(workers)
	d.Settings = fmt.Sprintf("slowed by %v%%, %s", t.Percent, d.Settings)
	return d
}

// Dial implements [echo.Transport].
func (t *Transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	c, err := t.Describer.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	return &client{Client: c, transport: t}, nil
}

type client struct {
	echo.Client
	transport *Transport
}

// Echo implements [echo.Client].
func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	err := c.Client.Echo(ctx, req, reply)
	c.transport.slow()
	return err
}

// every is how many calls are made between two readings of the processor time.
const every = 32

// slow uses up processor time. It does the same with 0 percent, apart from the
// time that it uses up, so that two builds differ in nothing else.
func (t *Transport) slow() {
	if n := t.calls.Add(1); n%every == 1 {
		t.adjust(n)
	}
	spin := time.Duration(t.spin.Load())
	start := time.Now()
	for time.Since(start) < spin {
	}
	t.spun.Add(int64(time.Since(start)))
}

// adjust sets how long a call spins, from what all calls have used so far without
// their spinning.
func (t *Transport) adjust(calls int64) {
	cpu, ok := usage.CPU()
	if !ok || t.initial.CompareAndSwap(nil, &cpu) {
		return
	}
	own := (cpu - *t.initial.Load() - float64(t.spun.Load())) / float64(calls)
	t.spin.Store(int64(max(own, 0) * t.Percent / 100))
}
