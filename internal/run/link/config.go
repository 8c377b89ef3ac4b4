package link

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/echobench/echobench/payload"
)

// A Config describes a link.
type Config struct {
	// RTT is the time that a bare round trip takes over the link, at most a minute.
	RTT time.Duration

	// Rate is how many bits a second each direction carries, all connections
	// together; 0 means no limit.
	Rate int64

	// Queue is the maximum number of bytes that wait for transmission in each direction;
	// 0 means what the link carries in one RTT, and at least 64 KiB. A full queue does not
	// drop data. It makes the senders wait.
	Queue payload.Size
}

const (
	maxRTT   = time.Minute
	minRate  = 1000 // bits a second
	minQueue = 64 << 10
)

// bits are the units of a rate, as in tc(8).
var bits = []struct {
	name string
	bits int64
}{{"Gbit", 1e9}, {"Mbit", 1e6}, {"kbit", 1e3}}

// Parse returns the Config that String describes as s: the fields rtt, rate and
// queue, separated by commas, such as "rtt=10ms" or "rtt=1ms,rate=100Mbit". Rates
// are in kbit, Mbit or Gbit a second.
func Parse(s string) (c Config, err error) {
	seen := map[string]bool{}
	for _, field := range strings.Split(s, ",") {
		key, value, _ := strings.Cut(field, "=")
		switch key {
		case "rtt":
			c.RTT, err = time.ParseDuration(value)
		case "rate":
			c.Rate, err = parseRate(value)
		case "queue":
			c.Queue, err = payload.ParseSize(value)
		default:
			err = fmt.Errorf("unknown field %q: want rtt, rate or queue", key)
		}
		if err == nil && seen[key] {
			err = fmt.Errorf("%s is given twice", key)
		}
		if err != nil {
			return c, fmt.Errorf("link %q: %w", s, err)
		}
		seen[key] = true
	}
	return c, c.Check()
}

func parseRate(s string) (int64, error) {
	for _, u := range bits {
		if digits, ok := strings.CutSuffix(s, u.name); ok {
			n, err := strconv.ParseInt(digits, 10, 64)
			if err == nil && n > 0 && n <= math.MaxInt64/u.bits {
				return n * u.bits, nil
			}
		}
	}
	return 0, fmt.Errorf("rate %q: want a whole number of kbit, Mbit or Gbit a second, such as 100Mbit", s)
}

// String returns c in the form that Parse reads.
func (c Config) String() string {
	fields := []string{"rtt=" + c.RTT.String()}
	if c.Rate != 0 {
		fields = append(fields, "rate="+formatRate(c.Rate))
	}
	if c.Queue != 0 {
		fields = append(fields, "queue="+c.Queue.String())
	}
	return strings.Join(fields, ",")
}

func formatRate(rate int64) string {
	for _, u := range bits {
		if rate%u.bits == 0 {
			return strconv.FormatInt(rate/u.bits, 10) + u.name
		}
	}
	return strconv.FormatInt(rate, 10) + "bit"
}

// Check returns an error if c does not describe a link.
func (c Config) Check() error {
	switch {
	case c.RTT <= 0 || c.RTT > maxRTT:
		return fmt.Errorf("link %v: the RTT must be more than 0 and at most %v", c, maxRTT)
	case c.Rate != 0 && c.Rate < minRate:
		return fmt.Errorf("link %v: the rate must be 1kbit at least", c)
	case c.Rate%1000 != 0:
		return fmt.Errorf("link %v: the rate must be a multiple of 1kbit", c)
	case c.Queue < 0:
		return fmt.Errorf("link %v: the queue must not be negative", c)
	case c.Queue != 0 && c.Rate == 0:
		return fmt.Errorf("link %v: a queue needs a rate", c)
	case c.Queue != 0 && int(c.Queue) < minChunk:
		return fmt.Errorf("link %v: the queue must hold %d bytes at least", c, minChunk)
	}
	return nil
}

// queue returns the length of the queue in bytes.
func (c Config) queue() int {
	if c.Queue != 0 {
		return int(c.Queue)
	}
	return max(minQueue, int(float64(c.Rate)/8*c.RTT.Seconds()))
}

const (
	minChunk = 1500 // bytes: the MTU of Ethernet
	maxChunk = 32 << 10
)

// chunk returns how many bytes are forwarded at once at most. With a low rate,
// chunks are small, so that connections share the link in small portions.
func (c Config) chunk() int {
	if c.Rate == 0 {
		return maxChunk
	}
	return min(max(minChunk, int(c.Rate/8/10_000)), maxChunk)
}
