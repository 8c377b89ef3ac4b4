package attack

import (
	"fmt"
	"runtime"
	"time"

	"github.com/echobench/echobench/internal/race"
)

// A promise is what a server keeps under an attack: how much more it holds than
// before, in bytes, and how soon it serves others.
type promise struct {
	heap     int // live objects
	resident int // the peak of the process
	served   time.Duration
}

// promiseOf returns the promise of a server that holds so many bytes for its clients.
// The peak of a process includes garbage, up to as much as there are live objects, the
// stacks of goroutines, and what an allocator keeps.
func promiseOf(held int) promise {
	const room = 16 << 20
	return promise{heap: room + held, resident: 3*room + 2*held, served: servedWithin}
}

const (
	servedWithin = time.Second      // others are served within this time
	closedWithin = 10 * time.Second // Close returns within this time

	// busyFactor is by how many of the longest echoes of the client whose server nobody
	// attacks the others may take longer than servedWithin. On an idle machine, these
	// are milliseconds. On a busy machine, every call takes longer, and one that needs
	// several processes and round trips takes a multiple of one that needs few.
	busyFactor = 20

	// attempts is how often an attack is made if others were served too slowly and
	// nothing else is wrong, because another process may have taken the processors from
	// this server alone.
	attempts = 3
)

// figures are what a server's process has at one moment. A figure that the platform
// does not provide is 0.
type figures struct {
	heap       int // live objects, in bytes
	peak       int // the most memory that was resident, in bytes
	goroutines int
	files      int
}

// A finding is what an attack was found to do.
type finding struct {
	before, during, after figures
	left                  int // resident memory after the attack and a garbage collection, in bytes, or 0
	waits                 waits
	othersErr             error
	failed                error         // why the attack could not be made, or nothing could be measured
	closed                time.Duration // how long the server took to close during another attack
	closeErr              error
}

// allowed is how long others may wait on a machine that is as busy as this one.
func (f finding) allowed(p promise) time.Duration { return p.served + busyFactor*f.waits.control }

// isSlow reports whether others waited for longer.
func (f finding) isSlow(p promise) bool { return max(f.waits.old, f.waits.new) > f.allowed(p) }

// isOnlySlow reports whether others waited for longer and nothing else is wrong.
func (f finding) isOnlySlow(p promise) bool { return f.isSlow(p) && len(f.broken(p)) == 1 }

// broken returns what a server has not kept of its promise, a sentence for each.
func (f finding) broken(p promise) (all []string) {
	complain := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if f.failed != nil {
		complain("the attack failed: %v", f.failed)
	}
	if f.othersErr != nil {
		complain("others are not served: %v", f.othersErr)
	}
	if most := f.allowed(p); f.isSlow(p) {
		complain("others were served within %v, and newcomers within %v, want %v; meanwhile an echo of a server that nobody attacks took up to %v",
			f.waits.old, f.waits.new, most, f.waits.control)
	}
	if more := f.during.heap - f.before.heap; more > p.heap {
		complain("the server holds %d MiB more than before, want %d at most", more>>20, p.heap>>20)
	}
	if more := f.during.peak - f.before.peak; more > p.resident && judgesResident() {
		complain("the peak of resident memory grew by %d MiB, want %d at most", more>>20, p.resident>>20)
	}
	if f.after.goroutines > f.before.goroutines || f.after.files > f.before.files {
		complain("%d goroutines and %d descriptors are left of the attack, where there were %d and %d before", f.after.goroutines, f.after.files, f.before.goroutines, f.before.files)
	}
	if f.closeErr != nil {
		complain("Close during the attack: %v", f.closeErr)
	}
	if f.closed > closedWithin {
		complain("Close during the attack took %v, want %v at most", f.closed, closedWithin)
	}
	return all
}

// judgesResident reports whether resident memory says something: it does not with the
// race detector, whose own memory is a multiple of the program's, and it is only known
// on Linux.
func judgesResident() bool { return runtime.GOOS == "linux" && !race.Enabled }
