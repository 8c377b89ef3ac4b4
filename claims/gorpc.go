package claims

import "slices"

// gorpc returns the claims of gorpc's README and issues.
func gorpc() []Claim {
	claims := slices.Concat(gorpcMeasured(), gorpcFeatures())
	for i := range claims {
		claims[i].Study = "gorpc"
	}
	return claims
}

func gorpcMeasured() []Claim {
	calls := func(proto string) cell { return of("calls", proto, "64B", 50) }
	at := func(proto string, par int) cell { return of("gorpc", proto, "64B", par) }
	workers := func(proto string) cell { return of("workers", proto, "64B", 10000) }
	return []Claim{
		{Number: "1", Place: "README", Says: "it makes fewer connects, because requests share a connection", Figure: "none", Needs: "a connection for each echo"},
		{Number: "2", Place: "README", Says: "it makes fewer send calls than a connection for each caller", Figure: "none",
			Relation: ratio(calls("gorpc"), calls("tcp"), "writes/op"), Region: below(1)},
		{Number: "3", Place: "README", Says: "it makes fewer recv calls than a connection for each caller", Figure: "none",
			Relation: ratio(calls("gorpc"), calls("tcp"), "reads/op"), Region: below(1)},
		{Number: "4", Place: "README", Says: "batches of requests raise the throughput", Figure: "none",
			Relation: ratio(batch(at("gorpcbatch", 1), "batch=10"), at("gorpc", 1), "ops/s"), Region: above(1)},
		{Number: "5", Place: "README", Says: "fewer connections are left in TIME_WAIT", Figure: "none", Needs: "a connection for each echo"},
		{Number: "6", Place: "README", Says: "it sends fewer packets", Figure: "none", Needs: "a count of packets"},
		{Number: "7", Place: "README", Says: "it takes less processor time than RPC over HTTP", Figure: "none",
			Relation: ratio(calls("gorpc"), calls("rest"), "cpu-ns/op"), Region: below(1)},
		{Number: "8", Place: "README", Says: "it takes 24 instead of 300 Mbit/s of RPC over HTTP", Figure: "12.5", Needs: "bytes on the wire"},
		{Number: "9", Place: "README", Says: "it serves 40,000 requests a second", Figure: "40,000",
			Relation: value(at("gorpc", 500), "ops/s"), Region: above(40000)},
		{Number: "10", Place: "README", Says: "one connection is enough for many callers", Figure: "none",
			Relation: ratio(at("gorpc", 500), at("gorpceach", 500), "ops/s"), Region: above(1)},
		{Number: "17", Place: "README", Says: "TCP, TLS and Unix domain sockets work out of the box", Figure: "none",
			Relation: Extreme{Of: each([]string{"gorpc", "gorpctls", "gorpcunix"}, func(proto string) Ratio {
				return value(of("sockets", proto, "64B", 50), "ops/s")
			})}, Region: above(1)},
		{Number: "20", Place: "issue", Says: "it is better than net/rpc", Figure: "none", Needs: "net/rpc as a transport"},
		{Number: "21", Place: "pull request", Says: "flushing at once, instead of after a delay, does not cost throughput with many workers", Figure: "8,334 to 4,230 ns",
			Relation: ratio(at("gorpc", 500), at("gorpcflush", 500), "ops/s"), Region: above(1 / ratioFactor)},
		{Number: "21b", Place: "pull request", Says: "flushing at once lowers the latency of a single worker", Figure: "none",
			Relation: ratio(at("gorpcflush", 1), at("gorpc", 1), "mean-ns"), Region: above(1)},
		{Number: "22", Place: "pull request", Says: "with 10,000 workers, compression costs about 10%", Figure: "1.11",
			Relation: ratio(workers("gorpccompress"), workers("gorpc"), "ns/op"), Region: about(4327.0/3911, ratioFactor), Direction: above(1)},
		{Number: "22b", Place: "pull request", Says: "with 10,000 workers, an echo takes 3.6 to 6.1 µs", Figure: "3.6 to 6.1 µs",
			Relation: value(workers("gorpc"), "ns/op"), Region: Range{3600 / countFactor, 6100 * countFactor}},
		{Number: "23", Place: "pull request", Says: "an LZF compressor is 1.5 times faster than compress/flate", Figure: "1.5", Because: "the compressor was never merged"},
		{Number: "24", Place: "issue", Says: "it is a good choice for bodies of 200 kB", Figure: "none", Needs: "net/rpc as a transport"},
		{Number: "25", Place: "issues", Says: "it works on Windows and 32-bit processors", Figure: "none", Needs: "runs on Windows"},
	}
}

func gorpcFeatures() []Claim {
	var claims []Claim
	for _, f := range []struct{ number, says string }{
		{"11", "a client reconnects by itself"},
		{"12", "a client's calls time out"},
		{"13", "a client can cancel a call"},
		{"14", "a client prefers new requests to old ones"},
		{"15", "a client notices a server that is stuck"},
		{"16", "a client can send messages that have no reply"},
		{"18", "a server limits how many handlers run"},
		{"19", "a dispatcher accepts functions and objects"},
	} {
		claims = append(claims, Claim{Number: f.number, Place: "README", Says: f.says, Figure: "none", Needs: "tests of the library's features"})
	}
	return claims
}

// batch returns the row of a variant with batches or a depth.
func batch(c cell, axis string) cell {
	c.row += "/" + axis
	return c
}
