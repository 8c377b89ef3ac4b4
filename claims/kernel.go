package claims

import "slices"

// The clients and the sizes of the matrix.
var (
	clients = []int{1, 10, 50, 100, 500}
	sizes   = []string{"64B", "256B", "1KiB", "4KiB", "64KiB"}
	dense   = []string{"512B", "1KiB", "2KiB", "3KiB", "4KiB", "6KiB", "8KiB", "12KiB", "16KiB", "24KiB", "32KiB", "48KiB", "64KiB"}
)

// needsShares is what claims about the functions of a profile need.
const needsShares = "shares of processor time by layer, from profiles"

// kernel returns the claims of the kernel study.
func kernel() []Claim {
	claims := slices.Concat(kernelLatency(), kernelTails(), kernelScheduling(), kernelProcessor(), kernelMemory(), kernelProfiles(), kernelSemaphore())
	for i := range claims {
		claims[i].Study = "kernel"
	}
	return claims
}

func kernelLatency() []Claim {
	at := func(proto, size string) cell { return of("sizes", proto, size, 1) }
	under := func(proto string, par int) cell { return of("clients", proto, "64B", par) }
	overTCP := func(proto, size string) Ratio { return ratio(at(proto, size), at("tcp", size), "mean-ns") }
	restAtLoad := ratio(under("rest", 500), under("tcp", 500), "mean-ns")
	return []Claim{
		{Number: "1", Place: "baseline results", Says: "with 64 B and one client, REST's mean latency is 1.9 times TCP's", Figure: "1.9",
			Relation: overTCP("rest", "64B"), Region: about(1.9, ratioFactor), Direction: above(1)},
		{Number: "1b", Place: "baseline results", Says: "with 64 B and one client, gRPC's mean latency is 2.5 times TCP's", Figure: "2.5",
			Relation: overTCP("grpc", "64B"), Region: about(2.5, ratioFactor), Direction: above(1)},
		{Number: "2", Place: "baseline results", Says: "with 64 KiB and one client, REST's mean latency is 3.5 times TCP's", Figure: "3.5",
			Relation: overTCP("rest", "64KiB"), Region: about(3.5, ratioFactor), Direction: above(1)},
		{Number: "2b", Place: "baseline results", Says: "with 64 KiB and one client, gRPC's mean latency is 3.8 times TCP's", Figure: "3.8",
			Relation: overTCP("grpc", "64KiB"), Region: about(3.8, ratioFactor), Direction: above(1)},
		{Number: "2c", Place: "baseline results", Says: "TCP is the fastest at every size", Figure: "2 to 3.8",
			Relation: Extreme{Of: slices.Concat(
				each(sizes, func(size string) Ratio { return overTCP("rest", size) }),
				each(sizes, func(size string) Ratio { return overTCP("grpc", size) }))}, Region: above(1)},
		{Number: "3", Place: "64KB gap widens", Says: "from 64 B to 64 KiB, REST's cache misses grow more than TCP's", Figure: "none",
			Relation: over(ratio(of("counters", "rest", "64KiB", 1), of("counters", "rest", "64B", 1), "cache-misses/op"),
				ratio(of("counters", "tcp", "64KiB", 1), of("counters", "tcp", "64B", 1), "cache-misses/op")), Region: above(1)},
		{Number: "4", Place: "latency against concurrency", Says: "with 64 B, TCP's mean latency is proportional to the clients", Figure: "18.8 µs to 4,997 µs",
			Relation: Slope{Of: each(clients, func(par int) Ratio { return value(under("tcp", par), "mean-ns") }), X: []float64{1, 10, 50, 100, 500}},
			Region:   Range{7.9, 12.6}, Direction: above(1),
			Note: "The study's own figures grow by 7.9 for ten times the clients. Proportional would be 10."},
		{Number: "4b", Place: "latency against concurrency", Says: "REST's mean latency stays 1.5 to 1.9 times TCP's with 500 clients", Figure: "1.8",
			Relation: restAtLoad, Region: Range{1.5 / ratioFactor, 1.9 * ratioFactor}, Direction: above(1)},
		{Number: "5", Place: "throughput analysis", Says: "with 64 B and one client, TCP makes 49,000 and REST 24,000 requests a second", Figure: "2.04",
			Relation: ratio(under("tcp", 1), under("rest", 1), "ops/s"), Region: about(49.0/24, ratioFactor), Direction: above(1)},
		{Number: "5b", Place: "throughput analysis", Says: "the throughputs of TCP and REST converge with more clients", Figure: "none",
			Relation: over(ratio(under("tcp", 500), under("rest", 500), "ops/s"), ratio(under("tcp", 1), under("rest", 1), "ops/s")), Region: below(1)},
	}
}

func kernelTails() []Claim {
	at := func(proto string, par int) cell { return of("large", proto, "64KiB", par) }
	tails := func(proto string) []Ratio { return each(clients, func(par int) Ratio { return tail(at(proto, par)) }) }
	return []Claim{
		{Number: "6", Place: "tail latency", Says: "with 64 KiB and 500 clients, TCP's p99 is 121 times its p50", Figure: "121",
			Relation: tail(at("tcp", 500)), Region: about(121, countFactor), Direction: above(24)},
		{Number: "7", Place: "tail latency", Says: "with 64 KiB and 500 clients, REST's p99 is 70 times its p50", Figure: "70",
			Relation: tail(at("rest", 500)), Region: about(70, countFactor), Direction: above(24)},
		{Number: "8", Place: "tail latency", Says: "TCP's p99/p50 has a knee between 10 and 50 clients", Figure: "1.9 to 24",
			Relation: Jump{Of: tails("tcp"), At: 2}, Region: above(1)},
		{Number: "8b", Place: "tail latency", Says: "REST's p99/p50 has a knee between 10 and 50 clients", Figure: "8.1 to 29",
			Relation: Jump{Of: tails("rest"), At: 2}, Region: above(1),
			Note: "In the study's own table, REST's ratio grows by 3.6 from 10 to 50 clients and by 3.2 from 1 to 10: that is hardly a knee."},
		{Number: "9", Place: "tail latency", Says: "gRPC's p99 is about twice its p50 with any number of clients", Figure: "1.6 to 2.2",
			Relation: Extreme{Of: tails("grpc"), Largest: true}, Region: below(2.2 * countFactor), Direction: below(24)},
		{Number: "10", Place: "protocol inversion", Says: "with 64 KiB and 500 clients, p99 is lowest for gRPC, then TCP, then REST", Figure: "186, 1,049 and 1,202 ms",
			Relation: Monotone{each([]string{"grpc", "tcp", "rest"}, func(proto string) Ratio { return value(at(proto, 500), "p99-ns") })}, Region: above(1)},
		{Number: "11", Place: "mechanism", Says: "gRPC's tail is flat because of WINDOW_UPDATE, and so also with a connection for each client", Figure: "none",
			Relation: over(tail(of("connections", "grpceach", "64KiB", 500)), tail(of("connections", "grpc", "64KiB", 500))),
			Region:   below(countFactor),
			Note:     "Each stream has its flow control with either number of connections. If only the shared connection keeps the tail flat, the cause is that all requests wait in one queue."},
		{Number: "54", Place: "design principle", Says: "at 10,000 requests a second, one in a hundred waits longer than a second", Figure: "1 s",
			Relation: Ratio{Over: []Figure{{"rate", "Echo/proto=tcp/size=4KiB/par=500/rate=10000", "p99-ns"}}}, Region: Range{1e9 / countFactor, 1e12},
			Note: "The study's p99 is that of a closed loop with 500 clients, which says nothing of 10,000 requests a second."},
		{Number: "57", Place: "when to use", Says: "use gRPC with more than 50 clients if the tail matters", Figure: "none", From: []string{"kernel/9", "kernel/10"}},
		{Number: "57b", Place: "when to use", Says: "use TCP below 2 KB, below 50 clients", Figure: "none", From: []string{"kernel/2c"}},
	}
}

func kernelScheduling() []Claim {
	at := func(proto string, par int) cell { return of("clients", proto, "64B", par) }
	switches := func(proto string, par int) Ratio { return ratio(at(proto, par), at("tcp", par), "vcsw/op") }
	counted := func(proto string, par int) cell { return of("counters500", proto, "64B", par) }
	return []Claim{
		{Number: "12", Place: "concurrency scaling", Says: "with 500 clients, REST makes 7.5 times TCP's context switches", Figure: "7.5",
			Relation: switches("rest", 500), Region: about(7.5, countFactor), Direction: above(1)},
		{Number: "13", Place: "hardware counters", Says: "with one client, REST makes 2.9 times TCP's context switches", Figure: "2.9",
			Relation: switches("rest", 1), Region: about(2.9, ratioFactor), Direction: above(1)},
		{Number: "13b", Place: "hardware counters", Says: "with one client, gRPC makes 3.1 times TCP's context switches", Figure: "3.1",
			Relation: switches("grpc", 1), Region: about(3.1, ratioFactor), Direction: above(1)},
		{Number: "14", Place: "concurrency scaling", Says: "REST's context switches grow faster than the clients", Figure: "42,629 to 914,000",
			Relation: ratio(at("rest", 500), at("rest", 1), "vcsw/op"), Region: above(1),
			Note: "Each of the study's clients sends 1,000 requests, so there are 50 times the requests with 500 clients as in its table for one, and 21 times the switches: fewer for each request."},
		{Number: "15", Place: "concurrency scaling", Says: "with 50 clients, gRPC makes about as many context switches as TCP", Figure: "1.13",
			Relation: switches("grpc", 50), Region: about(1.13, countFactor)},
		{Number: "16", Place: "summary", Says: "REST makes 36 times TCP's futex calls", Figure: "36",
			Relation: ratio(counted("rest", 1), counted("tcp", 1), "futex/op"), Region: about(36, countFactor), Direction: above(1)},
		{Number: "16b", Place: "summary", Says: "gRPC makes 41 times TCP's futex calls", Figure: "41",
			Relation: ratio(counted("grpc", 1), counted("tcp", 1), "futex/op"), Region: about(41, countFactor), Direction: above(1)},
		{Number: "17", Place: "protocol profiles", Says: "TCP makes 0.13 futex calls a request", Figure: "0.13",
			Relation: value(counted("tcp", 1), "futex/op"), Region: about(0.13, countFactor), Direction: below(1)},
		{Number: "18", Place: "flame graphs", Says: "TCP never calls sched_yield", Figure: "0", Needs: "a count of sched_yield and nanosleep"},
		{Number: "20", Place: "user and kernel time", Says: "with one client, TCP spends 80% of its processor time in the kernel", Figure: "80%",
			Relation: share(at("tcp", 1), "sys-ns/op", "cpu-ns/op"), Region: about(0.8, ratioFactor), Direction: above(0.5)},
		{Number: "20b", Place: "user and kernel time", Says: "with 500 clients, TCP spends 80% of its processor time in the kernel", Figure: "80%",
			Relation: share(at("tcp", 500), "sys-ns/op", "cpu-ns/op"), Region: about(0.8, ratioFactor), Direction: above(0.5)},
		{Number: "21", Place: "user and kernel time", Says: "gRPC's share of time in the kernel falls from 47% with one client to 26% with 500", Figure: "0.55",
			Relation: over(share(at("grpc", 500), "sys-ns/op", "cpu-ns/op"), share(at("grpc", 1), "sys-ns/op", "cpu-ns/op")),
			Region:   about(26.0/47, ratioFactor), Direction: below(1)},
		{Number: "21b", Place: "user and kernel time", Says: "REST's share of time in the kernel falls from 46% with one client to 35% with 500", Figure: "0.76",
			Relation: over(share(at("rest", 500), "sys-ns/op", "cpu-ns/op"), share(at("rest", 1), "sys-ns/op", "cpu-ns/op")),
			Region:   about(35.0/46, ratioFactor), Direction: below(1)},
	}
}

func kernelProcessor() []Claim {
	at := func(proto, size string) cell { return of("counters", proto, size, 1) }
	overTCP := func(proto, unit string) Ratio { return ratio(at(proto, "64B"), at("tcp", "64B"), unit) }
	return []Claim{
		{Number: "22", Place: "hardware counters", Says: "gRPC takes 2.7 times TCP's processor cycles", Figure: "2.7",
			Relation: overTCP("grpc", "cycles/op"), Region: about(2.7, ratioFactor), Direction: above(1)},
		{Number: "23", Place: "hardware counters", Says: "gRPC takes 2.2 times TCP's instructions", Figure: "2.2",
			Relation: overTCP("grpc", "instructions/op"), Region: about(2.2, ratioFactor), Direction: above(1)},
		{Number: "24", Place: "hardware counters", Says: "TCP executes more instructions in a cycle than gRPC", Figure: "1.32 and 1.08",
			Relation: over(share(at("tcp", "64B"), "instructions/op", "cycles/op"), share(at("grpc", "64B"), "instructions/op", "cycles/op")),
			Region:   about(1.32/1.08, ratioFactor), Direction: above(1)},
		{Number: "25", Place: "hardware counters", Says: "REST makes 6 times TCP's cache references", Figure: "6.0",
			Relation: overTCP("rest", "cache-refs/op"), Region: about(6, ratioFactor), Direction: above(1)},
		{Number: "26", Place: "hardware counters", Says: "gRPC has 2.5 times TCP's cache misses", Figure: "2.5",
			Relation: overTCP("grpc", "cache-misses/op"), Region: about(2.5, ratioFactor), Direction: above(1)},
		{Number: "27", Place: "hardware counters", Says: "gRPC has 2.1 times TCP's branch misses", Figure: "2.1",
			Relation: overTCP("grpc", "branch-misses/op"), Region: about(2.1, ratioFactor), Direction: above(1)},
		{Number: "28", Place: "counters at intermediate sizes", Says: "at 4 KiB, REST takes 15% more cycles than gRPC", Figure: "1.15",
			Relation: ratio(at("rest", "4KiB"), at("grpc", "4KiB"), "cycles/op"), Region: about(1.15, ratioFactor), Direction: above(1)},
		{Number: "29", Place: "cache misses against concurrency", Says: "with 500 clients, gRPC has 27 times TCP's cache misses", Figure: "27.4",
			Relation: ratio(of("counters500", "grpc", "64B", 500), of("counters500", "tcp", "64B", 500), "cache-misses/op"),
			Region:   about(27.4, countFactor), Direction: above(1)},
	}
}

func kernelMemory() []Claim {
	at := func(proto, size string) cell { return of("dense", proto, size, 1) }
	restOverGRPC := func(size, unit string) Ratio { return ratio(at("rest", size), at("grpc", size), unit) }
	steps := []string{"29KiB", "31KiB", "32KiB", "33KiB"}
	faults := func(command string) []Ratio {
		return each(steps, func(size string) Ratio { return value(of(command, "grpc", size, 1), "minflt/op") })
	}
	return []Claim{
		{Number: "30", Place: "anomaly 2", Says: "at 4 KiB, REST has 1.9 times gRPC's page faults", Figure: "1.9",
			Relation: restOverGRPC("4KiB", "minflt/op"), Region: about(1.9, countFactor), Direction: above(1)},
		{Number: "31", Place: "anomaly 1", Says: "gRPC's page faults jump at 32 KiB, 5 times those at 31 KiB", Figure: "4.9",
			Relation: Jump{Of: faults("faults"), At: 2}, Region: above(1)},
		{Number: "32", Place: "anomaly 1", Says: "the step in page faults is the same without garbage collection", Figure: "95,364 to 96,414",
			Relation: Jump{Of: faults("faultsnogc"), At: 2}, Region: above(1),
			Note: "In the study's own table there is no step at 32 KiB without garbage collection: 95,364 faults at 31 KiB and 96,414 at 32 KiB. Its largest step is the next one."},
		{Number: "33", Place: "anomaly 1", Says: "the size of HTTP/2 frames has no effect on the step", Figure: "none", Needs: "an option of grpc for the size of frames"},
		{Number: "34", Place: "function-level breakdown", Says: "at 4 KiB, the share of garbage collection in REST's client is 5 times that in gRPC's", Figure: "5.2",
			Relation: ratio(of("garbage", "rest", "4KiB", 1), of("garbage", "grpc", "4KiB", 1), "gc-share"), Region: about(5.2, countFactor), Direction: above(1)},
		{Number: "43", Place: "flame graphs", Says: "REST allocates more for each request than gRPC", Figure: "none",
			Relation: ratio(of("garbage", "rest", "4KiB", 1), of("garbage", "grpc", "4KiB", 1), "B/op"), Region: above(1)},
		{Number: "44", Place: "dense latency sweep", Says: "at 512 B, REST is faster than gRPC", Figure: "0.84",
			Relation: restOverGRPC("512B", "mean-ns"), Region: about(37.0/44, ratioFactor), Direction: below(1)},
		{Number: "44b", Place: "dense latency sweep", Says: "at 8 KiB, REST is 23% slower than gRPC", Figure: "1.23",
			Relation: restOverGRPC("8KiB", "mean-ns"), Region: about(1.23, ratioFactor), Direction: above(1)},
		{Number: "45", Place: "dense latency sweep", Says: "at 32 KiB, REST is faster than gRPC again", Figure: "0.71",
			Relation: restOverGRPC("32KiB", "mean-ns"), Region: about(121.0/171, ratioFactor), Direction: below(1)},
		{Number: "45b", Place: "dense latency sweep", Says: "gRPC's latency has its largest step from 24 to 32 KiB", Figure: "70 to 171 µs",
			Relation: Jump{Of: each(dense, func(size string) Ratio { return value(at("grpc", size), "mean-ns") }), At: 10}, Region: above(1)},
		{Number: "46", Place: "anomaly 1", Says: "the step at 32 KiB is the size boundary of Go's allocator, and so does not depend on the pool of buffers", Figure: "none",
			Relation: ratio(of("pools", "grpctiers", "32KiB", 1), of("pools", "grpc", "32KiB", 1), "mean-ns"), Region: about(1, ratioFactor),
			Note: "32,704 bytes and 32 KiB of data are in the same size class of Go's allocator, but gRPC's default pool of buffers has tiers of 32 KiB and 1 MiB and clears what it hands out. `grpctiers` has tiers between them."},
		{Number: "47", Place: "dense latency sweep", Says: "TCP's mean latency grows by 2.5 from 512 B to 64 KiB", Figure: "2.53",
			Relation: ratio(at("tcp", "64KiB"), at("tcp", "512B"), "mean-ns"), Region: about(48.0/19, ratioFactor), Direction: above(1)},
		{Number: "47b", Place: "dense latency sweep", Says: "TCP never crosses REST or gRPC", Figure: "none",
			Relation: Extreme{Of: slices.Concat(
				each(dense, func(size string) Ratio { return ratio(at("rest", size), at("tcp", size), "mean-ns") }),
				each(dense, func(size string) Ratio { return ratio(at("grpc", size), at("tcp", size), "mean-ns") }))}, Region: above(1)},
	}
}

func kernelProfiles() []Claim {
	claims := []Claim{
		{Number: "19", Place: "summary", Says: "synchronization and not parsing is the dominant cost of REST and gRPC", Figure: "none"},
		{Number: "35", Place: "function-level breakdown", Says: "the protocol's own layer takes about as much in REST as in gRPC", Figure: "4.02% and 3.56%"},
		{Number: "36", Place: "function-level breakdown", Says: "REST spends more on allocation than gRPC", Figure: "4.91% and 3.29%"},
		{Number: "37", Place: "function-level breakdown", Says: "gRPC spends more on copying than REST", Figure: "2.20% and 1.32%"},
		{Number: "38", Place: "function-level breakdown", Says: "gRPC spends 63% more in the scheduler than REST", Figure: "8.31% and 5.11%"},
		{Number: "39", Place: "function-level breakdown", Says: "REST and gRPC spend about as much on kernel synchronization", Figure: "4.27% and 4.73%"},
		{Number: "40", Place: "function-level breakdown", Says: "both clients are blocked on the network 77 to 79% of the time", Figure: "77% and 79%"},
		{Number: "41", Place: "function-level breakdown", Says: "only gRPC spends time in procyield", Figure: "0.94%"},
		{Number: "42", Place: "flame graphs", Says: "the stacks above the kernel have 2 to 3 frames with TCP, 6 with REST and 8 with gRPC", Figure: "2 to 3, 6, 8"},
		{Number: "55", Place: "serialization control", Says: "serialization costs the same with every protocol", Figure: "none"},
	}
	for i := range claims {
		claims[i].Needs = needsShares
	}
	return append(claims,
		Claim{Number: "53", Place: "limitations", Says: "one request is not enough to warm up", Figure: "none", Needs: "the latency of the first echoes of a connection"},
		Claim{Number: "56", Place: "limitations", Says: "asymmetric messages, the server's side and C++ would tell more", Figure: "none", Needs: "replies of another size, and a server in another language"})
}

func kernelSemaphore() []Claim {
	at := func(proto string) cell { return of("semaphore", proto, "64KiB", 500) }
	return []Claim{
		{Number: "48", Place: "optimization", Says: "a semaphore of 50 lowers TCP's p99/p50 from 121 to 18", Figure: "6.7",
			Relation: over(tail(at("tcp")), tail(at("tcpsem50"))), Region: about(121.0/18, countFactor), Direction: above(1)},
		{Number: "49", Place: "optimization", Says: "the semaphore costs 7% of the throughput", Figure: "0.93",
			Relation: ratio(at("tcpsem50"), at("tcp"), "ops/s"), Region: Range{0.93 / ratioFactor, 1}, Direction: below(1)},
		{Number: "50", Place: "optimization", Says: "the semaphore lowers the mean latency by a factor of 8.7", Figure: "8.7",
			Relation: ratio(at("tcp"), at("tcpsem50"), "mean-ns"), Region: about(8.7, ratioFactor), Direction: above(1),
			Note: "The study leaves the wait for the semaphore out of the latency. With 50 instead of 500 requests in flight, Little's law then gives a factor of 9.3 from its own throughputs. Here the caller's wait counts."},
		{Number: "51", Place: "optimization", Says: "the semaphore lowers the page faults by a factor of 47", Figure: "47",
			Relation: ratio(at("tcp"), at("tcpsem50"), "minflt/op"), Region: about(47, countFactor), Direction: above(1)},
		{Number: "52", Place: "optimization", Says: "flow control by the receiver lowers the tail more than the semaphore", Figure: "none",
			Relation: over(tail(at("tcpsem50")), tail(at("tcpgrants"))), Region: above(1)},
	}
}
