package claims

// zmq returns the claims of the ZeroMQ study.
func zmq() []Claim {
	at := func(proto string, par int) cell { return of("router", proto, "64B", par) }
	rising := func(proto string) []Ratio {
		return each([]int{1, 8, 50}, func(par int) Ratio { return value(at(proto, par), "ops/s") })
	}
	alone := func(proto string) cell { return of("zmq", proto, "64B", 1) }
	claims := []Claim{
		{Number: "1", Place: "results", Says: "the router's throughput rises with the clients", Figure: "a figure",
			Relation: Monotone{rising("zmqrouteripc")}, Region: above(1)},
		{Number: "1b", Place: "results", Says: "the throughput of gRPC rises towards an asymptote", Figure: "a figure",
			Relation: Jump{Of: rising("grpceach"), At: 1}, Region: above(1)},
		{Number: "2", Place: "results", Says: "the router with 16 workers outperforms gRPC", Figure: "a figure",
			Relation: ratio(at("zmqrouteripc", 50), at("grpceach", 50), "ops/s"), Region: above(1)},
		{Number: "2b", Place: "results", Says: "the router with 16 workers over inproc outperforms gRPC", Figure: "a figure",
			Relation: ratio(at("zmqrouter", 50), at("grpceach", 50), "ops/s"), Region: above(1)},
		{Number: "3", Place: "hypothesis", Says: "the router takes less of the server's processor for a message than gRPC", Figure: "none",
			Relation: ratio(at("zmqrouteripc", 50), at("grpceach", 50), "srv-cpu-ns/op"), Region: below(1)},
		{Number: "4", Place: "results", Says: "it is unclear whether more workers improve the throughput", Figure: "none", Needs: "a variant with 64 workers"},
		{Number: "5", Place: "results", Says: "the single REP socket outperforms the router and gRPC", Figure: "a figure",
			Relation: Extreme{Of: []Ratio{ratio(at("zmq", 50), at("zmqrouteripc", 50), "ops/s"), ratio(at("zmq", 50), at("grpceach", 50), "ops/s")}}, Region: above(1)},
		{Number: "6", Place: "discussion", Says: "the single REP socket's advantage over the router is larger with few clients", Figure: "none",
			Relation: over(ratio(at("zmq", 1), at("zmqrouteripc", 1), "ops/s"), ratio(at("zmq", 50), at("zmqrouteripc", 50), "ops/s")), Region: above(1),
			Note: "A proxy adds hops to each message, whatever the number of clients, and what limits a single processor is the number of hops."},
		{Number: "7", Place: "introduction", Says: "ZeroMQ has a lower latency than gRPC", Figure: "none",
			Relation: ratio(alone("zmq"), alone("grpc"), "mean-ns"), Region: below(1)},
	}
	for i := range claims {
		claims[i].Study = "zmq"
	}
	return claims
}
