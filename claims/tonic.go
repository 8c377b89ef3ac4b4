package claims

// What the tonic post does not state.
const (
	loadNotStated = "the post does not state the load"
	otherLanguage = "a server in another language"
)

// tonic returns the claims of the post about tonic and grpc-go.
func tonic() []Claim {
	idle := cell{"idle", "Echo/proto=grpc/size=64B/par=50/idle=10000"}
	active := func(par int) cell { return of("active", "grpceach", "64B", par) }
	at := func(proto string, par int) cell { return of("streams", proto, "64B", par) }
	claims := []Claim{
		{Number: "1", Place: "introduction", Says: "production needed 847% more memory than benchmarks predicted", Figure: "847%", Because: loadNotStated + " and the prediction"},
		{Number: "2", Place: "memory consumption", Says: "grpc-go takes 2.4 GB at its peak with 10,000 connections", Figure: "2.4 GB",
			Relation: value(idle, "srv-peak-rss-B"), Region: about(2.4e9, countFactor), Direction: above(1e9)},
		{Number: "2b", Place: "memory consumption", Says: "grpc-go keeps 1.8 GB with 10,000 connections, 180 kB for each", Figure: "180 kB",
			Relation: value(idle, "srv-conn-B"), Region: about(180e3, countFactor), Direction: above(90e3)},
		{Number: "3", Place: "connection scaling", Says: "grpc-go's throughput falls with more than 1,000 connections", Figure: "linear",
			Relation: ratio(active(5000), active(1000), "ops/s"), Region: below(1)},
		{Number: "4", Place: "latency distribution", Says: "grpc-go's p50 is 12 ms, its p95 89 ms and its p99 234 ms", Figure: "12, 89, 234 ms", Because: loadNotStated},
		{Number: "5", Place: "multiplexing", Says: "streams have a better throughput than unary calls", Figure: "none",
			Relation: ratio(at("grpcstream", 50), at("grpc", 50), "ops/s"), Region: above(1)},
		{Number: "6", Place: "multiplexing", Says: "a unary call sends additional header frames", Figure: "none", Needs: "bytes on the wire"},
		{Number: "7", Place: "multiplexing", Says: "one connection serves a thousand streams as well as a hundred", Figure: "none",
			Relation: ratio(at("grpcstream", 1000), at("grpcstream", 100), "ops/s"), Region: above(1 / ratioFactor)},
		{Number: "8", Place: "operational overhead", Says: "the garbage collector pauses grpc-go for 15 to 45 ms", Figure: "15 to 45 ms", Needs: "the pauses of the garbage collector"},
		{Number: "9", Place: "streaming", Says: "a message of a stream takes 47 ms on average", Figure: "47 ms", Because: loadNotStated},
		{Number: "10", Place: "streaming", Says: "tonic's flow control is 5.7 times better", Figure: "5.7", Needs: otherLanguage + ", and a slow reader"},
		{Number: "11", Place: "infrastructure", Says: "grpc-go needs 24 machines of 16 processors for 10,000 requests a second", Figure: "10,000",
			Relation: value(at("grpc", 500), "ops/s"), Region: below(10000),
			Note: "24 machines of 16 virtual processors answer 26 requests a second and processor."},
		{Number: "12", Place: "threshold analysis", Says: "above 10,000 requests a second, tonic is necessary", Figure: "10,000", From: []string{"tonic/11"}},
		{Number: "13", Place: "mythology", Says: "allocations for a call grow with the load", Figure: "none",
			Relation: ratio(at("grpc", 500), at("grpc", 1), "allocs/op"), Region: above(1)},
		{Number: "14", Place: "mythology", Says: "tonic is the most efficient on one processor", Figure: "none", Needs: otherLanguage},
		{Number: "15", Place: "decision framework", Says: "grpc-go is for requests over short-lived connections", Figure: "none", Needs: "a connection for each echo"},
		{Number: "16", Place: "hidden costs", Says: "tonic saves $85,000 a year", Figure: "$85,000", Because: "money and incidents are no measurement"},
	}
	for i := range claims {
		claims[i].Study = "tonic"
	}
	return claims
}
