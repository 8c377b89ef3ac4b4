package trial

import (
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// timestamps compares the timestamps of replies with the time between the call and
// its return. Both ends have the same clock, because they run in this process.
func timestamps(t *Trial) {
	srv := t.Listen()
	c := t.Dial(srv.Addr())
	for _, sent := range []int64{0, 1, -1, 1<<63 - 1, -1 << 63} {
		if !freshAnswer(t, c, 16, sent) {
			return
		}
	}
	pauses, pause := []int{1, 100, 1000}, t.quickly(25*time.Millisecond, 6*time.Millisecond)
	if t.Quick {
		pauses = []int{1, 20}
	}
	calls := 0
	for _, n := range pauses {
		for ; calls < n; calls++ {
			if !freshAnswer(t, c, 16, 1) {
				return
			}
		}
		time.Sleep(pause) // a timestamp from before the pause is too old after it
		for _, size := range []int{16, 0, min(64<<10, t.MaxSize())} {
			if !freshAnswer(t, c, size, 1) {
				return
			}
		}
	}
	freshAnswer(t, t.Dial(srv.Addr()), 16, 1)
}

// granularity is how far a timestamp may be off, because some clocks advance only
// every few milliseconds.
func (t *Trial) granularity() time.Duration {
	return t.quickly(10*time.Millisecond, 4*time.Millisecond)
}

// freshAnswer makes a call with the given timestamp in the request, and reports
// whether the reply has a correct one.
func freshAnswer(t *Trial, c echo.Client, size int, sent int64) bool {
	t.Helper()
	req, reply := t.Request(size), new(payload.Payload)
	req.Timestamp = sent
	before := time.Now()
	t.MustEchoInto(c, req, reply)
	after := time.Now()
	got := time.Unix(0, reply.Timestamp)
	if got.Before(before.Add(-t.granularity())) || got.After(after.Add(t.granularity())) {
		t.Errorf("Echo of %d bytes with timestamp %d, from %d to %d: the reply's timestamp is %d, want one between these times",
			size, sent, before.UnixNano(), after.UnixNano(), reply.Timestamp)
		return false
	}
	return true
}
