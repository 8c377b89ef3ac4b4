package sample

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/measure/usage"
	"github.com/echobench/echobench/internal/rules/trial"
	"github.com/echobench/echobench/payload"
)

const (
	// recheckCallers and recheckBytes are how many callers Recheck has at most, and how
	// much data they send together. Each makes recheckCalls calls, so that the callers
	// are in flight at the same time.
	recheckCallers = 64
	recheckBytes   = 16 << 20
	recheckCalls   = 4

	// recheckClock is how far a timestamp may be off, because some clocks advance only
	// every few milliseconds.
	recheckClock = 10 * time.Millisecond
)

// startRecheck finds out, once for each variant and before it is measured, whether the
// sockets of this process count what the variant moves. That is so on Linux, for
// transports over TCP whose connections last longer than a call, and that do not declare
// that they compress what they have sent before.
func (s *Sample) startRecheck() error {
	found, v := s.config.Findings, s.config.Variant
	if found == nil || !found.rules || v.Depth > 0 {
		return nil
	}
	if _, known := found.counted[v.Name]; known {
		return nil
	}
	moved, want, err := s.callAgain(1)
	found.counted[v.Name] = moved != nil && *moved >= want && trial.Declared(v.Transport, trial.WireAgain.Name) == ""
	return err
}

// Recheck checks the transport again after a measurement, because it may break a rule
// only after many calls, or with many callers: the data that the workers have sent must
// be unchanged, and a few more calls must have present timestamps and cross the network.
// With pipelines, only the workers' data is checked, because the clients are in use.
func (s *Sample) Recheck() error {
	found, v, size := s.config.Findings, s.config.Variant, int(s.config.Size)
	if found == nil || !found.rules {
		return nil
	}
	if !s.bodies.Untouched() {
		return trial.RequestUntouched.Broken("after the measurement, the data that the workers have sent is no longer the same")
	}
	if v.Depth > 0 {
		return nil
	}
	moved, want, err := s.callAgain(min(s.config.Workers, recheckCallers, max(1, recheckBytes/recheckCalls/size)))
	if err != nil {
		return err
	}
	if found.counted[v.Name] && moved != nil && *moved < want {
		return trial.Wire.Broken(fmt.Sprintf("after the measurement, Echos of %d bytes moved %d bytes in all, want %d or more", size, *moved, want))
	}
	return nil
}

// callAgain has the given number of callers make a few calls at the same time. It returns
// how many bytes the sockets of this process have moved, or nil if that is not known, and
// how many bytes they must have moved for the data of the calls that were answered. The
// error says what is wrong with a reply.
func (s *Sample) callAgain(callers int) (moved *uint64, want uint64, err error) {
	var id, answered atomic.Uint64
	id.Store(s.newIDs(uint64(callers * recheckCalls)))
	ctx, cancel := context.WithTimeout(s.ctx, s.config.Stall)
	defer cancel()
	caller := func(client int) error {
		for range recheckCalls {
			req := &payload.Payload{Id: id.Add(1), Timestamp: 1}
			req.Data = s.sources[client].Next(req.Id)
			ok, err := echoAgain(ctx, s.clients[client], req)
			if err != nil {
				return err
			}
			if ok {
				answered.Add(1)
			}
		}
		return nil
	}
	before := usage.TCPBytes()
	err = awaitError(ctx, s.config.Findings, s.config.Variant, "Echo", func() error {
		errs := make([]error, callers)
		var calling sync.WaitGroup
		for i := range callers {
			calling.Go(func() { errs[i] = caller(i % len(s.clients)) })
		}
		calling.Wait()
		return cmp.Or(errs...)
	})
	ways := uint64(2)
	if s.process == nil {
		ways = 4 // both ends count both ways
	}
	if bytes, ok := usage.TCPBytes().Since(before); ok {
		moved = &bytes
	}
	return moved, ways * answered.Load() * uint64(s.config.Size), err
}

// echoAgain makes one call. The error says what is wrong with the reply. A call may
// fail, for example because the server refuses it.
func echoAgain(ctx context.Context, c echo.Client, req *payload.Payload) (answered bool, err error) {
	reply := new(payload.Payload)
	before := time.Now()
	if c.Echo(ctx, req, reply) != nil {
		return false, nil
	}
	after := time.Now()
	if err := contract.Verify(req, reply, true); err != nil {
		return false, err
	}
	if at := time.Unix(0, reply.Timestamp); at.Before(before.Add(-recheckClock)) || at.After(after.Add(recheckClock)) {
		return false, trial.Timestamps.Broken(fmt.Sprintf("after the measurement, an Echo from %d to %d: the reply's timestamp is %d, want one between these times",
			before.UnixNano(), after.UnixNano(), reply.Timestamp))
	}
	return true, nil
}
