package units

// rateTable has the units that only cells at a rate have.
var rateTable = []unit{
	{"offered/s", "higher", always, nil},
	{"svc-mean-ns", "lower", Latency, nil},
	{"svc-p50-ns", "lower", Latency, nil},
	{"svc-p95-ns", "lower", Latency, nil},
	{"svc-p99-ns", "lower", Latency, nil},
	{"svc-p999-ns", "lower", Latency, nil},
	{"lag-p99-ns", "lower", Latency, nil},
	{"drift", "lower", Latency, nil},
}

// PrintRate prints the Unit lines of cells at a rate, each once in a process. With
// overload, it also prints that of refused requests.
func PrintRate(set Set, overload bool) {
	for _, u := range rateTable {
		if u.set&(set|always) != 0 {
			u.print("")
		}
	}
	if overload {
		unit{name: "refused/s", better: "lower"}.print("")
	}
}

// distorted has the units of an end that say what the generator of an open loop does
// while it waits rather than what an echo costs, because its waiting takes processor
// time and system calls.
var distorted = map[string]bool{
	CPUPerOp: true, "user-ns/op": true, "sys-ns/op": true, "cores": true, "busy": true,
	"vcsw/op": true, "icsw/op": true,
	"gc-share": true, "sched-p99-ns": true,
	"cycles/op": true, "instructions/op": true, "cache-refs/op": true, "cache-misses/op": true, "branch-misses/op": true,
	"syscalls/op": true, "futex/op": true, "reads/op": true, "polls/op": true,
}
