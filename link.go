package echobench

import (
	"fmt"
	"time"

	"github.com/echobench/echobench/internal/run/link"
	"github.com/echobench/echobench/payload"
)

// A Link is a simulated network link between the two ends of a transport over TCP.
// The zero value means that there is none.
//
// The link is a TCP proxy in the clients' process, so its processor time counts as
// the clients'. Because the TCP connections end at the proxy, the link shows how a
// protocol's own round trips, windows and shared connections behave over a distance,
// and not TCP's congestion control or loss.
type Link struct {
	// RTT is the time of a bare round trip over the link, at most a minute. From 1 ms
	// on, the simulated RTT is within 5% of it.
	RTT time.Duration

	// Rate is how many bits a second each direction carries, all connections
	// together; 0 means no limit.
	Rate int64

	// Queue is the maximum number of bytes that wait for transmission in each direction;
	// 0 means what the link carries in one RTT, and at least 64 KiB. A full queue makes
	// the senders wait.
	Queue payload.Size
}

// UnmarshalText reads what String returns: the fields rtt, rate and queue, separated by
// commas, such as "rtt=10ms" or "rtt=1ms,rate=100Mbit", or "none".
func (l *Link) UnmarshalText(text []byte) error {
	if string(text) == "none" {
		*l = Link{}
		return nil
	}
	c, err := link.Parse(string(text))
	if err != nil {
		return fmt.Errorf("echobench: %w", err)
	}
	*l = Link(c)
	return nil
}

// String returns the text that UnmarshalText reads.
func (l Link) String() string {
	if l == (Link{}) {
		return "none"
	}
	return link.Config(l).String()
}

func (l Link) check() error {
	if l == (Link{}) {
		return nil
	}
	return link.Config(l).Check()
}
