package tcp

import (
	"crypto/tls"
	"encoding/binary"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A deadlineConn records for how long its read deadlines are set; 0 is none.
type deadlineConn struct {
	net.Conn
	limits []time.Duration
}

func (c *deadlineConn) SetReadDeadline(t time.Time) error {
	limit := time.Duration(0)
	if !t.IsZero() {
		limit = time.Until(t)
	}
	c.limits = append(c.limits, limit)
	return nil
}

func TestDeadlines(t *testing.T) {
	for _, c := range []struct {
		idle time.Duration
		want []time.Duration // for three messages, each with a renewal
	}{
		{0, []time.Duration{firstTimeout, firstTimeout, 0}},
		{time.Second, slices.Repeat([]time.Duration{time.Second}, 6)},
		{time.Minute, append(slices.Repeat([]time.Duration{firstTimeout}, 2), slices.Repeat([]time.Duration{time.Minute}, 4)...)},
	} {
		synctest.Test(t, func(t *testing.T) {
			conn := new(deadlineConn)
			d := newDeadlines(conn, c.idle)
			for range 3 {
				d.begin()
				d.renew()
			}
			if !slices.Equal(conn.limits, c.want) {
				t.Errorf("IdleTimeout %v: deadlines after %v, want %v", c.idle, conn.limits, c.want)
			}
		})
	}
}

// A server closes the connection of a client that falls silent, before or after its
// first message.
func TestIdleTimeout(t *testing.T) {
	frame := stream.AppendFrame(nil, &payload.Payload{Id: 1, Data: payload.Body(100, 1)})
	muxFrame := appendMuxFrame(nil, 1, &payload.Payload{Data: payload.Body(100<<10, 1)})
	announcement := binary.BigEndian.AppendUint32(nil, announced|8<<10)
	for name, c := range map[string]struct {
		tr   *Transport
		sent []byte
	}{
		"nothing":                         {&Transport{}, nil},
		"a part of a message":             {&Transport{}, frame[:10]},
		"a message":                       {&Transport{}, frame},
		"a message and a part of another": {&Transport{}, append(frame, 0)},
		"nothing over TLS":                {&Transport{TLS: true}, nil},
		"a message over TLS":              {&Transport{TLS: true}, frame},
		"a part of a message, refusing":   {&Transport{RefuseAbove: 1}, frame[:10]},
		"a message, refusing":             {&Transport{RefuseAbove: 1}, frame},
		"a part of a message, grants":     {&Transport{Grants: 1}, frame[:10]},
		"a message, grants":               {&Transport{Grants: 1}, frame},
		"an announcement":                 {&Transport{Grants: 1}, announcement},
		"a part of a large message, mux":  {&Transport{Mux: true}, muxFrame[:80<<10]},
		"a message, mux":                  {&Transport{Mux: true}, muxFrame},
		"nothing, polled":                 {&Transport{Spin: canSpin}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.tr.IdleTimeout = 200 * time.Millisecond
			conn := testkit.DialTCP(t, testkit.Listen(t, c.tr).Addr())
			if c.tr.TLS {
				conn = tls.Client(conn, stream.ClientTLS())
			}
			conn.Write(c.sent) // on a busy machine, the end may come before
			testkit.AwaitClosed(t, conn)
		})
	}
}
