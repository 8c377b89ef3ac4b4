package loop

import (
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/payload"
)

// A single sends one request at a time.
type single struct {
	worker
	client     echo.Client
	req, reply payload.Payload
}

// Run implements Loop. It neither allocates nor locks.
//
// It reads the clock once for each echo: a request is sent as soon as the reply to the
// one before has been verified and recorded, so that the end of one latency is the
// start of the next. It reads the clock again only if every byte was compared, which
// takes long for large data.
func (s *single) Run(t Task) error {
	start := t.Clock.now()
	for {
		ticket := t.Tickets.Add(1)
		if ticket > t.Total {
			return nil
		}
		s.req.Id, s.req.Data = t.BaseID+ticket, s.source.Next()
		s.req.Timestamp = t.Clock.wall(start)
		err := s.client.Echo(s.ctx, &s.req, &s.reply)
		end := t.Clock.now()
		everyByte := t.EveryByte || ticket%checkEvery == 0
		if err == nil {
			err = contract.Verify(&s.req, &s.reply, everyByte)
		}
		if err != nil {
			if t.refused(err) {
				start = end
				continue
			}
			return err
		}
		s.latencies.record(t.Clock, start, end, &s.reply)
		start = end
		if everyByte {
			start = t.Clock.now()
		}
	}
}
