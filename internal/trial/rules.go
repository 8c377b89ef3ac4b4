package trial

// A Rule is a rule of the contract that both the conformance kit and a Suite
// check.
type Rule struct {
	Name     string
	Sentence string
	Check    func(*Trial)
}

// Network is the rule about what a Description says of the network. The other
// rules depend on it.
var Network = Rule{
	"Network", "The data takes the network that Description.Network names: a Client that dials a proxy in front of a Server reaches the Server through it.",
	(*Trial).NeedProxy,
}

// Wire is the rule about how much data crosses the network.
var Wire = Rule{
	"Wire", "All data crosses the network once: each Echo of n bytes that do not compress moves at least n, and usually at most 1.5 n + 2048 bytes, each way.",
	wire,
}

// Timestamps is the rule about the timestamp of a reply.
var Timestamps = Rule{
	"Timestamps", "The reply's timestamp is the time on the server's clock when it answered, in nanoseconds since the Unix epoch.",
	timestamps,
}
