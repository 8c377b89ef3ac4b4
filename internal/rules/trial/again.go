package trial

import (
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// distances are how much data is sent, in bytes, before data is sent again. The first is
// more than a usual compressor looks back. A Suite repeats its data after as much.
var distances = []int{128 << 10, 1 << 20}

// wireAgain sends data again that has crossed the network before, on the same connection
// and on another one, and looks at the bytes that cross a proxy.
func wireAgain(t *Trial) {
	t.NeedProxy()
	p := t.StartProxy(t.Listen().Addr())
	c := t.Dial(p.Addr())
	empty := wireCalls(t, p, c, 0, 9)
	var known [][]*payload.Payload
	for _, step := range []wireStep{{64, 9}, {1 << 10, 5}, {64 << 10, 1}, {1 << 20, 1}} {
		reqs := make([]*payload.Payload, step.calls)
		for i := range reqs {
			reqs[i] = t.Request(step.size)
			t.MustEcho(c, reqs[i])
		}
		known = append(known, reqs)
	}
	sent := 0
	for _, distance := range distances {
		for sent < distance {
			req := t.Request(64 << 10)
			t.MustEcho(c, req)
			sent += max(1<<10, len(req.Data))
		}
		if !sendAgain(t, p, c, empty, known) {
			return
		}
	}
	sendAgain(t, p, t.Dial(p.Addr()), empty, known)
}

// sendAgain sends data that has been sent before, and reports whether it has crossed the
// network in full.
func sendAgain(t *Trial, p Proxy, c echo.Client, empty []moved, known [][]*payload.Payload) bool {
	t.Helper()
	t.MustEcho(c, t.Request(64)) // what is sent only once has been sent then
	for _, reqs := range known {
		size := len(reqs[0].Data)
		calls := make([]moved, len(reqs))
		for i, req := range reqs {
			before := movedSoFar(p)
			t.MustEcho(c, &payload.Payload{Id: requests.Add(1), Data: req.Data, Timestamp: 1})
			calls[i] = movedSoFar(p).since(before)
		}
		for way := range ways {
			if got, without := median(calls, way), median(empty, way); got < max(size, without+size-size/4) {
				t.Errorf("half of the Echos of %d bytes that had been sent before moved %d bytes or less %s, and those without data %d: not all of the data crossed the network again",
					size, got, ways[way], without)
				return false
			}
		}
	}
	return true
}
