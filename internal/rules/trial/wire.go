package trial

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/echobench/echobench/echo"
)

// wire compares the data that is echoed with the bytes that cross a proxy.
func wire(t *Trial) {
	t.NeedProxy()
	srv := t.Listen()
	p := t.StartProxy(srv.Addr())
	wireOneCaller(t, p)
	for _, callers := range t.Callers() {
		wireCallers(t, p, callers)
	}
}

// overhead is how many bytes a protocol may add to the data of one call, beside
// half of the data's length, which an encoding as text takes.
const overhead = 2 << 10

// A moved is how many bytes have crossed a proxy, each way.
type moved [2]int

var ways = [2]string{"from the client to the server", "from the server to the client"}

func movedSoFar(p Proxy) moved { return moved{p.Sent(), p.Received()} }

func (m moved) since(before moved) moved { return moved{m[0] - before[0], m[1] - before[1]} }

// wireOneCaller makes calls one after another, and looks at each of them.
func wireOneCaller(t *Trial, p Proxy) {
	c := t.Dial(p.Addr())
	for range 4 {
		t.MustEcho(c, t.Request(64)) // what is sent only once has been sent then
	}
	wirePairs(t, p, c)
	empty := wireCalls(t, p, c, 0, 9)
	for _, step := range t.wireSteps() {
		size := min(step.size, t.MaxSize())
		calls := wireCalls(t, p, c, size, step.calls)
		for way := range ways {
			if err := checkMin(calls, empty, way, size); err != nil {
				t.Error(err)
				return
			}
			if maxData, got := size+size/2, median(calls, way); got > maxData+overhead || got-median(empty, way) > maxData+sparse {
				t.Errorf("half of the Echos of %d bytes moved %d bytes or more %s, and those without data %d: the data seems to be sent more than once",
					size, got, ways[way], median(empty, way))
				return
			}
		}
	}
}

// sparse is by how many bytes two calls with equally much data may differ, because
// protocols send acknowledgements, pings and windows from time to time.
const sparse = 96

// wirePairs compares calls with a little data and calls without. The median of the
// differences is what the data itself moves. The order within a pair is random, so that
// a transport cannot tell which call comes next.
func wirePairs(t *Trial, p Proxy, c echo.Client) {
	size, pairs := min(64, t.MaxSize()), 100
	if t.Quick {
		pairs = 15
	}
	differences := make([]moved, pairs)
	for i := range differences {
		sizes := [2]int{0, size}
		first := rand.IntN(2)
		var got [2]moved
		for _, j := range []int{first, 1 - first} {
			got[j] = wireCalls(t, p, c, sizes[j], 1)[0]
		}
		differences[i] = got[1].since(got[0])
	}
	for way := range ways {
		if got := median(differences, way); got < size-size/4 || got > size+size/2+16 {
			t.Errorf("an Echo of %d bytes usually moves %d bytes more %s than an Echo without data: the data does not cross the network once", size, got, ways[way])
		}
	}
}

type wireStep struct{ size, calls int }

// wireSteps returns the calls to make one after another.
func (t *Trial) wireSteps() []wireStep {
	if t.Quick {
		return []wireStep{{64, 100}, {1 << 10, 5}, {64 << 10, 2}, {64, 50}}
	}
	return []wireStep{{64, 1000}, {256, 20}, {1 << 10, 10}, {64 << 10, 5}, {4 << 20, 2}, {64, 20}}
}

// wireCalls makes n calls, and returns what each of them moved.
func wireCalls(t *Trial, p Proxy, c echo.Client, size, n int) []moved {
	calls := make([]moved, n)
	for i := range calls {
		before := movedSoFar(p)
		t.MustEcho(c, t.Request(size))
		calls[i] = movedSoFar(p).since(before)
	}
	return calls
}

// checkMin checks that each of the calls moved its data, by itself and in
// comparison with calls that had no data.
func checkMin(calls, empty []moved, way, size int) error {
	minEmpty := slices.MinFunc(empty, func(a, b moved) int { return a[way] - b[way] })[way]
	for i, m := range calls {
		if m[way] < max(size, minEmpty+size-sparse) {
			return fmt.Errorf("Echo of %d bytes, call %d of %d, moved %d bytes %s, and an Echo without data %d: not all of the data crossed the network",
				size, i+1, len(calls), m[way], ways[way], minEmpty)
		}
	}
	return nil
}

// median returns what half of the calls did not exceed.
func median(calls []moved, way int) int {
	sorted := slices.SortedFunc(slices.Values(calls), func(a, b moved) int { return a[way] - b[way] })
	return sorted[len(sorted)/2][way]
}

// wireCallers has as many callers as given make calls at the same time, and looks
// at the sum of what they move. It tries up to three times, because a transport may
// dial new connections meanwhile, and packets that were lost are sent again.
func wireCallers(t *Trial, p Proxy, callers int) {
	clients := t.DialAll(p.Addr(), callers)
	size := min(16<<10, t.MaxSize())
	const each = 3 // calls of each caller
	t.EchoAll(clients, callers, 64, each)
	calls := callers * each
	minMoved, maxMoved := calls*size, calls*(size+size/2+overhead)
	var problem string
	empty := moved{math.MaxInt, math.MaxInt}
	for range 3 {
		without := wireSum(t, p, clients, callers, 0, each)
		empty = moved{min(empty[0], without[0]), min(empty[1], without[1])}
		got := wireSum(t, p, clients, callers, size, each)
		problem = ""
		for way := range ways {
			what := fmt.Sprintf("%d Echos of %d bytes by %d concurrent callers moved %d bytes %s, and those without data %d", calls, size, callers, got[way], ways[way], empty[way])
			switch {
			case got[way] < minMoved:
				t.Errorf("%s: not all of the data crossed the network", what)
				return
			case got[way] < minMoved+empty[way]-calls*sparse:
				problem = what + ": not all of the data crossed the network"
			case got[way] > maxMoved:
				problem = what + ": the data seems to be sent more than once"
			}
		}
		if problem == "" {
			return
		}
	}
	t.Error(problem)
}

// wireSum returns what n calls of each caller move together.
func wireSum(t *Trial, p Proxy, clients []echo.Client, callers, size, n int) moved {
	before := movedSoFar(p)
	t.EchoAll(clients, callers, size, n)
	return movedSoFar(p).since(before)
}
