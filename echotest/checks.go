package echotest

import "github.com/echobench/echobench/internal/rules/trial"

// A check tests one rule of the contract.
type check struct {
	name string // the name of the subtest
	rule string // the rule as a sentence, which a failure prints
	test func(*kit)
}

// shared returns the check of a rule that a Suite checks as well.
func shared(r trial.Rule) check {
	return check{r.Name, r.Sentence, func(k *kit) { r.Check(k.Trial) }}
}

// declarable are the names of the rules that an Exception of a Description may name,
// because results mean something even if one of them is broken.
var declarable = []string{
	"WireAgain", "OverLimitUnsent", "DialNotKept", "ServerRestart", "IPv6", "AddressInUse", "BadAddress", "OthersServed", "AnnouncedLength", "Garbage",
}

// checks contains all checks, in the order in which they run. The package
// comment lists the same names and rules.
var checks = []check{
	{"Name", "Name returns one or more of the characters a-z and 0-9, and always the same name.", (*kit).name},
	{"Describe", "A Description has no negative numbers, no more Clients than workers, no more ServerFiles than Files, Settings of one line, and valid Exceptions.", (*kit).describe},
	shared(trial.Network),

	{"Sizes", "Data of every size from 0 to MaxSize bytes comes back unchanged.", (*kit).sizes},
	{"OverLimit", "Echo of more than MaxSize bytes returns an error that matches echo.ErrTooLarge, and the Client remains usable.", (*kit).overLimit},
	{"OverLimitUnsent", "Data of more than MaxSize bytes is not sent.", (*kit).overLimitUnsent},
	{"Concurrent", "Each of 64 concurrent callers receives the reply to its own request.", (*kit).concurrent},
	{"EveryReply", "Each of 6,000 successive Echos, or of as many as take 4 seconds, returns the reply to its request.", (*kit).everyReply},
	{"IDs", "The reply has the id of the request.", (*kit).ids},
	shared(trial.Timestamps),
	shared(trial.RequestUntouched),
	{"ReplyOwned", "A reply belongs to the caller: it shares no memory with the request or with a later reply.", (*kit).replyOwned},
	{"ReplyReuse", "Echo overwrites every field of a reply that was used before.", (*kit).replyReuse},
	shared(trial.Wire),
	shared(trial.WireAgain),

	{"Batch", "EchoBatch keeps the rules of Echo for each message of the batch.", (*kit).batch},
	{"Pipeline", "A Pipeline answers each request correctly and exactly once, in any order, until the Pipeline is closed or its context ends.", (*kit).pipeline},
	{"PipelineClose", "Close of a Pipeline or of its Client ends a Receive that is waiting.", (*kit).pipelineClose},

	{"DialNobody", "Dial fails if no server listens on the address, at the latest when its context ends.", (*kit).dialNobody},
	{"DialCancelled", "Dial with a cancelled context fails.", (*kit).dialCancelled},
	{"DialNotKept", "Dial returns, also without a deadline, if the server closes each connection after it has sent something.", (*kit).dialNotKept},
	{"DialContext", "The context that is passed to Dial bounds the dial only.", (*kit).dialContext},
	{"ContextBefore", "Echo with a context that has already ended returns the context's error.", (*kit).contextBefore},
	shared(trial.CancelInFlight),
	shared(trial.DeadlineInFlight),
	shared(trial.LargeInFlight),
	shared(trial.ContextErrors),
	{"SilentServer", "Dial and Echo return within 2 seconds when their contexts end, even if the server accepts the connection and never answers.", (*kit).silentServer},

	{"CloseTwice", "Close returns nil, and so does a second Close.", (*kit).closeTwice},
	{"EchoAfterClose", "Echo returns an error that matches net.ErrClosed after the Client's Close.", (*kit).echoAfterClose},
	{"CloseInFlight", "Close of a Client ends the calls in flight with an error.", (*kit).closeInFlight},
	{"ServerCloseIdle", "Close of a Server does not wait until clients disconnect, and no request is answered after it.", (*kit).serverCloseIdle},
	{"ServerCloseInFlight", "Close of a Server ends the calls in flight: each call either fails or returns the correct answer.", (*kit).serverCloseInFlight},
	{"ServerCloseStalled", "Close of a Server does not wait for a network that has stalled, and a call in flight still ends with its context.", (*kit).serverCloseStalled},
	{"ServerRestart", "After Close, Listen works on the same address immediately and serves new Clients; calls of old Clients either work or fail.", (*kit).serverRestart},

	{"Loopback", "An empty address or host means the IPv4 loopback address and no other one, and port 0 means a free port.", (*kit).loopback},
	{"IPv6", "Listen on [::1]:0 and on [::]:0 serves Clients that dial [::1].", (*kit).ipv6},
	{"AddressInUse", "Listen on an address that is in use fails.", (*kit).addressInUse},
	{"BadAddress", "Listen on an address that is not host:port fails.", (*kit).badAddress},
	{"OthersServed", "Clients that send requests and do not read the replies do not keep the Server from answering other clients.", (*kit).othersServed},
	shared(trial.AnnouncedLength),
	{"Garbage", "Bytes that are not a request affect only the client that sent them, and the memory that the server allocates for them is bounded by its limit.", (*kit).garbage},

	shared(trial.NoFileLeft),
	{"NoGoroutineLeft", "No goroutine outlives the Close of its Client or Server.", (*kit).noGoroutineLeft},
}
