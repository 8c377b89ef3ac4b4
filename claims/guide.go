package claims

// guide returns the claims of the networking guide.
func guide() []Claim {
	http := func(proto string, par int) cell { return of("http", proto, "64B", par) }
	option := func(proto, size string, par int) cell { return of("options", proto, size, par) }
	idle := func(clients string) cell { return cell{"idletcp", "Echo/proto=tcp/size=64B/par=50/idle=" + clients} }
	floor := cell{"overfloor", "OverFloor/a=tcp/b=floor/size=64B/par=1"}
	needsQUIC := "QUIC"
	claims := []Claim{
		{Number: "1", Place: "raw TCP", Says: "raw TCP with frames adds virtually no overhead", Figure: "none",
			Relation: value(floor, "p50-ratio"), Region: Range{0.9, ratioFactor}, Direction: below(1.5)},
		{Number: "2", Place: "raw TCP", Says: "a length before each message is more efficient than a delimiter", Figure: "none", Needs: "frames with a delimiter"},
		{Number: "3", Place: "HTTP/2", Says: "HTTP/2 and gRPC cost throughput for a single caller, compared with raw TCP", Figure: "none",
			Relation: Extreme{Of: []Ratio{ratio(http("tcp", 1), http("h2c", 1), "ops/s"), ratio(http("tcp", 1), http("grpc", 1), "ops/s")}}, Region: above(1)},
		{Number: "3b", Place: "HTTP/2", Says: "multiplexing on one connection gives 500 callers more throughput than HTTP/1.1", Figure: "none",
			Relation: ratio(http("h2c", 500), http("rest", 500), "ops/s"), Region: above(1)},
		{Number: "4", Place: "QUIC", Says: "there is no head-of-line blocking", Figure: "none", Needs: needsQUIC},
		{Number: "5", Place: "QUIC", Says: "a repeated connection sends data with its first packet", Figure: "none", Needs: needsQUIC},
		{Number: "6", Place: "QUIC", Says: "a connection survives a change of address", Figure: "none", Needs: needsQUIC},
		{Number: "7", Place: "TCP_NODELAY", Says: "with Nagle's algorithm, small messages wait", Figure: "none",
			Relation: ratio(option("tcpnagle", "64B", 1), option("tcp", "64B", 1), "mean-ns"), Region: above(1),
			Note: "Each message is one write here, and nothing else is in flight, so that Nagle's algorithm has nothing to wait for."},
		{Number: "8", Place: "SO_REUSEPORT", Says: "several listening sockets accept more connections", Figure: "none", Needs: "an option for SO_REUSEPORT"},
		{Number: "9", Place: "backlog", Says: "a longer backlog loses fewer connections in a burst", Figure: "none", Needs: "an option for the backlog"},
		{Number: "10", Place: "keepalive", Says: "keepalive probes find peers that have gone", Figure: "none", Needs: "an option for keepalive"},
		{Number: "11", Place: "socket buffers", Says: "larger socket buffers raise the throughput of large messages", Figure: "none",
			Relation: ratio(option("tcpbuffers", "64KiB", 50), option("tcp", "64KiB", 50), "ops/s"), Region: above(1)},
		{Number: "12", Place: "10,000 connections", Says: "a Go server keeps its throughput with 10,000 further connections", Figure: "none",
			Relation: ratio(idle("10000"), idle("0"), "ops/s"), Region: above(1 / ratioFactor)},
		{Number: "13", Place: "GOMAXPROCS", Says: "a second processor raises the throughput of TCP", Figure: "none",
			Relation: ratio(of("twoprocs", "tcp", "64B", 50), of("oneproc", "tcp", "64B", 50), "ops/s"), Region: above(1)},
		{Number: "13b", Place: "GOMAXPROCS", Says: "a second processor raises the throughput of gRPC", Figure: "none",
			Relation: ratio(of("twoprocs", "grpc", "64B", 50), of("oneproc", "grpc", "64B", 50), "ops/s"), Region: above(1)},
		{Number: "14", Place: "resilience", Says: "shedding load keeps the latency of the other requests low", Figure: "none", Needs: "a claim's command for overload"},
		{Number: "15", Place: "leaks", Says: "deadlines keep connections from leaking", Figure: "none", Needs: "a leak as a variant"},
		{Number: "16", Place: "load tools", Says: "vegeta keeps an exact rate", Figure: "none", Needs: "vegeta as a second source"},
		{Number: "17", Place: "test app", Says: "handlers that sleep and allocate behave differently", Figure: "none", Needs: "work in the handler"},
		{Number: "18", Place: "profile", Says: "HTTP, garbage collection and system calls dominate", Figure: "none", Needs: needsShares},
	}
	for i := range claims {
		claims[i].Study = "guide"
	}
	return claims
}
