package usage

import "slices"

// The keys of the counters, which are counts that only Counters provide.
const (
	Cycles       = "cycles"
	Instructions = "instructions"
	CacheRefs    = "cache-refs"
	CacheMisses  = "cache-misses"
	BranchMisses = "branch-misses"
	Syscalls     = "syscalls"
	Futex        = "futex"       // futex calls
	ReadCalls    = "read-calls"  // read, readv, recvfrom, recvmsg, recvmmsg
	WriteCalls   = "write-calls" // write, writev, sendto, sendmsg, sendmmsg
	PollCalls    = "poll-calls"  // epoll_wait, epoll_pwait, poll, ppoll
)

// counterKeys are the keys of all counters, in the order in which they are reported.
var counterKeys = []string{
	Cycles, Instructions, CacheRefs, CacheMisses, BranchMisses,
	Syscalls, Futex, ReadCalls, WriteCalls, PollCalls,
}

// A Missing is a counter that is not available, and the reason.
type Missing struct{ Key, Why string }

// MissingCounters tries every counter on the calling thread, and returns those that
// do not work.
func MissingCounters() (missing []Missing) {
	for _, key := range counterKeys {
		if err := tryCounter(key); err != nil {
			missing = append(missing, Missing{key, err.Error()})
		}
	}
	return missing
}

// Available returns the keys of the counters that are not missing.
func Available(missing []Missing) (keys []string) {
	for _, key := range counterKeys {
		if !slices.ContainsFunc(missing, func(m Missing) bool { return m.Key == key }) {
			keys = append(keys, key)
		}
	}
	return keys
}
