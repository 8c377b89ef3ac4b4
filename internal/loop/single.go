package loop

import (
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/payload"
)

// A single sends one request at a time.
type single struct {
	worker
	client     echo.Client
	req, reply payload.Payload
}

// Run implements Loop. It neither allocates nor locks.
func (s *single) Run(t Task) error {
	for {
		ticket := t.Tickets.Add(1)
		if ticket > t.Total {
			return nil
		}
		s.req.Id = t.BaseID + ticket
		start := t.Clock.now()
		s.req.Timestamp = t.Clock.wall(start)
		err := s.client.Echo(s.ctx, &s.req, &s.reply)
		end := t.Clock.now()
		if err == nil {
			err = contract.Verify(&s.req, &s.reply, t.EveryByte || ticket%checkEvery == 0)
		}
		if err != nil {
			return err
		}
		s.latencies.record(t.Clock, start, end, &s.reply)
	}
}
