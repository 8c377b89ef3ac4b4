package deadline

import (
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A recordingConn records for how long its read deadlines are set; 0 is none.
type recordingConn struct {
	net.Conn
	limits []time.Duration
}

func (c *recordingConn) SetReadDeadline(t time.Time) error {
	limit := time.Duration(0)
	if !t.IsZero() {
		limit = time.Until(t)
	}
	c.limits = append(c.limits, limit)
	return nil
}

func TestSetter(t *testing.T) {
	for _, c := range []struct {
		idle time.Duration
		want []time.Duration // for three messages, each with a renewal
	}{
		{0, []time.Duration{FirstTimeout, FirstTimeout, 0}},
		{time.Second, slices.Repeat([]time.Duration{time.Second}, 6)},
		{time.Minute, append(slices.Repeat([]time.Duration{FirstTimeout}, 2), slices.Repeat([]time.Duration{time.Minute}, 4)...)},
	} {
		synctest.Test(t, func(t *testing.T) {
			conn := new(recordingConn)
			d := New(conn, c.idle)
			for range 3 {
				d.Begin()
				d.Renew()
			}
			if !slices.Equal(conn.limits, c.want) {
				t.Errorf("IdleTimeout %v: deadlines after %v, want %v", c.idle, conn.limits, c.want)
			}
		})
	}
}
