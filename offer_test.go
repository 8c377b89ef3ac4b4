package echobench

import (
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
)

// A pinging client makes its round trips itself.
type pinging struct{ echo.Client }

func (pinging) Ping([]byte, []int64) error { return nil }

func TestRateNeedsSingleRequests(t *testing.T) {
	s := &sample{clients: []echo.Client{pinging{}}}
	_, err := s.offer(offer{rate: 100, count: 1}, new(stopwatch))
	if err == nil || !strings.Contains(err.Error(), "this transport's make many round trips in one call") {
		t.Errorf("offer to a Pinger: %v", err)
	}
}
