package sample

import (
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
)

// A pinging client makes its round trips itself.
type pinging struct{ echo.Client }

func (pinging) Ping([]byte, []int64) error { return nil }

func TestRateNeedsSingleRequests(t *testing.T) {
	s := &Sample{clients: []echo.Client{pinging{}}}
	_, err := s.Offer(100, 1)
	if err == nil || !strings.Contains(err.Error(), "this transport's make many round trips in one call") {
		t.Errorf("Offer to a Pinger: %v", err)
	}
}
