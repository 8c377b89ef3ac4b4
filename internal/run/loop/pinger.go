package loop

import "github.com/echobench/echobench/echo"

// A Pinger is a Client that makes many round trips in one call and measures each of
// them itself. It is for loops that are not written in Go, so that calls from one
// language into the other do not count.
type Pinger interface {
	// Ping makes a round trip with the given data for each element of latencies,
	// verifies the replies, and stores how long each took, in nanoseconds.
	Ping(data []byte, latencies []int64) error
}

func isPinger(c echo.Client) bool {
	_, ok := c.(Pinger)
	return ok
}

// pings has a Pinger make the round trips.
type pings struct {
	worker
	client Pinger
	rtts   [pingsAtOnce]int64
}

// pingsAtOnce is how many round trips a call of Ping makes at most. It is large
// enough to make the cost of the call negligible, and small enough for a worker to
// notice soon that its context has ended.
const pingsAtOnce = 100

// Run implements Loop.
func (p *pings) Run(t Task) error {
	for p.ctx.Err() == nil {
		last := t.Tickets.Add(pingsAtOnce)
		first := last - pingsAtOnce + 1
		if first > t.Total {
			return nil
		}
		rtts := p.rtts[:min(last, t.Total)-first+1]
		if err := p.client.Ping(p.source.Next(t.BaseID+first), rtts); err != nil {
			return err
		}
		for _, ns := range rtts {
			p.latencies.RoundTrip.Record(ns)
		}
	}
	return p.ctx.Err()
}
