package trial

import "fmt"

// A Rule is a rule of the contract that both the conformance kit and a Suite
// check.
type Rule struct {
	Name     string
	Sentence string
	Check    func(*Trial)
}

// Broken returns an error that says how the rule was broken, and the rule itself.
func (r Rule) Broken(how string) error {
	return fmt.Errorf("%s; the rule %s: %s", how, r.Name, r.Sentence)
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

// WireAgain is the rule about data that has crossed the network before.
var WireAgain = Rule{
	"WireAgain", "Data that has crossed the network crosses it in full when it is sent again, after 128 KiB of other data or more.",
	wireAgain,
}

// Timestamps is the rule about the timestamp of a reply.
var Timestamps = Rule{
	"Timestamps", "The reply's timestamp is the time on the server's clock when it answered, in nanoseconds since the Unix epoch.",
	timestamps,
}

// RequestUntouched is the rule that a request belongs to the caller.
var RequestUntouched = Rule{
	"RequestUntouched", "Echo modifies neither the request nor the array behind the request's data, and nothing modifies them after it has returned.",
	requestUntouched,
}

// CancelInFlight is the rule about calls that are cancelled.
var CancelInFlight = Rule{
	"CancelInFlight", "Echo returns context.Canceled within 2 seconds if its context is cancelled while the call is in flight; later calls neither hang nor return a wrong reply.",
	cancelInFlight,
}

// DeadlineInFlight is the rule about calls whose deadline passes.
var DeadlineInFlight = Rule{
	"DeadlineInFlight", "Echo returns context.DeadlineExceeded within 2 seconds if its deadline passes while the call is in flight; later calls neither hang nor return a wrong reply.",
	deadlineInFlight,
}

// LargeInFlight is the rule about a peer that has stopped reading.
var LargeInFlight = Rule{
	"LargeInFlight", "Concurrent Echos of large data return within 2 seconds of the end of their contexts or of Close, even if the peer has stopped reading; so does Close.",
	largeInFlight,
}

// ContextErrors is the rule about errors of other causes.
var ContextErrors = Rule{
	"ContextErrors", "The error of an Echo matches context.Canceled or context.DeadlineExceeded only if the context of that call has ended.",
	contextErrors,
}

// NoFileLeft is the rule about file descriptors.
var NoFileLeft = Rule{
	"NoFileLeft", "A Client and a Server that are closed, and a Dial that has failed, leave no file descriptor open.",
	noFileLeft,
}

// AnnouncedLength is the rule about lengths without data.
var AnnouncedLength = Rule{
	"AnnouncedLength", "A length that a client announces makes the Server allocate at most 1 MiB before the data arrives, and at most 16 MiB if the length exceeds MaxSize.",
	announcedLength,
}
