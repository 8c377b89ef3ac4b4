// Package echotest tests that an implementation of echo.Transport keeps the
// contract that package echo describes. Its only function is [TestTransport]:
//
//	func TestConformance(t *testing.T) { echotest.TestTransport(t, &Transport{}) }
//
// TestTransport runs one subtest, called a check, for each of the rules below. In
// the rules, MaxSize is the field of the transport's Description. Sizes sends at
// most 64 MiB of data, or 1 MiB if MaxSize is not set.
//
// # Name and Description
//
//   - Name: Name returns one or more of the characters a-z and 0-9, and always the
//     same name.
//   - Describe: A Description has no negative numbers, no more Clients than
//     workers, no more ServerFiles than Files, Settings of one line, and valid
//     Exceptions.
//   - Network: The data takes the network that Description.Network names: a Client
//     that dials a proxy in front of a Server reaches the Server through it.
//
// # A single Echo
//
//   - Sizes: Data of every size from 0 to MaxSize bytes comes back unchanged.
//   - OverLimit: Echo of more than MaxSize bytes returns an error that matches
//     echo.ErrTooLarge, and the Client remains usable.
//   - OverLimitUnsent: Data of more than MaxSize bytes is not sent.
//   - Concurrent: Each of 64 concurrent callers receives the reply to its own
//     request.
//   - EveryReply: Each of 6,000 successive Echos, or of as many as take 4 seconds,
//     returns the reply to its request.
//   - IDs: The reply has the id of the request.
//   - Timestamps: The reply's timestamp is the time on the server's clock when it
//     answered, in nanoseconds since the Unix epoch.
//   - RequestUntouched: Echo modifies neither the request nor the array behind the
//     request's data, and nothing modifies them after it has returned.
//   - ReplyOwned: A reply belongs to the caller: it shares no memory with the
//     request or with a later reply.
//   - ReplyReuse: Echo overwrites every field of a reply that was used before.
//   - Wire: All data crosses the network once: each Echo of n bytes that do not
//     compress moves at least n, and usually at most 1.5 n + 2048 bytes, each way.
//   - WireAgain: Data that has crossed the network crosses it in full when it is
//     sent again, after 128 KiB of other data or more.
//
// # Batches and pipelines
//
//   - Batch: EchoBatch keeps the rules of Echo for each message of the batch.
//   - Pipeline: A Pipeline answers each request correctly and exactly once, in any
//     order, until the Pipeline is closed or its context ends.
//   - PipelineClose: Close of a Pipeline or of its Client ends a Receive that is
//     waiting.
//
// # Dial and contexts
//
//   - DialNobody: Dial fails if no server listens on the address, at the latest
//     when its context ends.
//   - DialCancelled: Dial with a cancelled context fails.
//   - DialNotKept: Dial returns, also without a deadline, if the server closes each
//     connection after it has sent something.
//   - DialContext: The context that is passed to Dial bounds the dial only.
//   - ContextBefore: Echo with a context that has already ended returns the
//     context's error.
//   - CancelInFlight: Echo returns context.Canceled within 2 seconds if its context
//     is cancelled while the call is in flight; later calls neither hang nor return
//     a wrong reply.
//   - DeadlineInFlight: Echo returns context.DeadlineExceeded within 2 seconds if
//     its deadline passes while the call is in flight; later calls neither hang nor
//     return a wrong reply.
//   - LargeInFlight: Concurrent Echos of large data return within 2 seconds of the
//     end of their contexts or of Close, even if the peer has stopped reading; so
//     does Close.
//   - ContextErrors: The error of an Echo matches context.Canceled or
//     context.DeadlineExceeded only if the context of that call has ended.
//   - SilentServer: Dial and Echo return within 2 seconds when their contexts end,
//     even if the server accepts the connection and never answers.
//
// # Close
//
//   - CloseTwice: Close returns nil, and so does a second Close.
//   - EchoAfterClose: Echo returns an error that matches net.ErrClosed after the
//     Client's Close.
//   - CloseInFlight: Close of a Client ends the calls in flight with an error.
//   - ServerCloseIdle: Close of a Server does not wait until clients disconnect,
//     and no request is answered after it.
//   - ServerCloseInFlight: Close of a Server ends the calls in flight: each call
//     either fails or returns the correct answer.
//   - ServerCloseStalled: Close of a Server does not wait for a network that has
//     stalled, and a call in flight still ends with its context.
//   - ServerRestart: After Close, Listen works on the same address immediately and
//     serves new Clients; calls of old Clients either work or fail.
//
// # Addresses and invalid input
//
//   - Loopback: An empty address or host means the IPv4 loopback address and no
//     other one, and port 0 means a free port.
//   - IPv6: Listen on [::1]:0 and on [::]:0 serves Clients that dial [::1].
//   - AddressInUse: Listen on an address that is in use fails.
//   - BadAddress: Listen on an address that is not host:port fails.
//   - OthersServed: Clients that send requests and do not read the replies do not
//     keep the Server from answering other clients.
//   - AnnouncedLength: A length that a client announces makes the Server allocate
//     at most 1 MiB before the data arrives, and at most 16 MiB if the length
//     exceeds MaxSize.
//   - Garbage: Bytes that are not a request affect only the client that sent them,
//     and the memory that the server allocates for them is bounded by its limit.
//   - NoFileLeft: A Client and a Server that are closed, and a Dial that has
//     failed, leave no file descriptor open.
//
// # Goroutines
//
//   - NoGoroutineLeft: No goroutine outlives the Close of its Client or Server.
//
// # Rules that a library cannot keep
//
// A transport may declare with [echo.Description].Exceptions that it does not keep one
// of these rules: WireAgain, OverLimitUnsent, DialNotKept, ServerRestart, IPv6,
// AddressInUse, BadAddress, OthersServed, AnnouncedLength and Garbage. WireAgain is for
// compression with a window of more than 128 KiB. The check of a declared rule still
// runs. It is skipped with the declared reason if the rule is broken, and it fails if the
// transport keeps the rule in three attempts. The other rules cannot be declared, because
// results would mean nothing without them.
package echotest

import (
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/rules/trial"
)

// TestTransport checks that tr keeps the contract of [echo.Transport],
// [echo.Server] and [echo.Client], and of the optional interfaces that tr and
// its Clients implement. Call it from a test of tr's package, once for each set
// of options.
//
// Every check is a subtest with the name of its rule, so a pattern such as
//
//	go test -race -run 'TestConformance/^Sizes$'
//
// runs one of them. A check that fails prints its rule. If the machine is the cause, such
// as a process without free file descriptors, the check prints the system's error in
// place of the rule.
//
// A call that does not return within 30 seconds fails its check, which prints the
// stacks of all goroutines. In the checks that follow, a call may take 1 second, and
// after 5 checks in which calls have hung, the others are skipped.
//
// A check that does not apply to tr is skipped, and prints the reason, and so is one
// whose rule tr declares as not kept. If there is such a check, TestTransport prints
// one line that names them all to standard output, which go test without -v shows if it is called without a list of
// packages.
//
//   - All checks are skipped if tr's Description has Unavailable set.
//   - Describe is skipped if tr does not implement [echo.Describer].
//   - OverLimit and OverLimitUnsent are skipped if tr has no MaxSize.
//     OverLimitUnsent is also skipped if MaxSize is less than 4096 bytes, because
//     so little data cannot be distinguished from a protocol's own traffic.
//   - Batch is skipped if tr's Clients do not implement [echo.Batcher]. Pipeline
//     and PipelineClose are skipped if they do not implement [echo.Pipeliner].
//   - Network, OverLimitUnsent, Wire, WireAgain, DialNotKept, CancelInFlight,
//     DeadlineInFlight, LargeInFlight, ContextErrors, SilentServer, CloseInFlight,
//     ServerCloseStalled, OthersServed, AnnouncedLength and Garbage are skipped if
//     the Network of tr's Description is not tcp, udp or unix. They connect the
//     Client to the Server through a proxy, or write to the Server's port directly.
//     If that is not possible although the Network is one of them, the first of
//     these checks fails, and the others are skipped.
//   - Garbage is skipped if AnnouncedLength fails, because the process could run
//     out of memory.
//   - NoFileLeft is skipped on systems that do not list the file descriptors of a
//     process, such as Windows.
//   - Loopback, IPv6 and BadAddress are skipped if a Server's Addr is not host:port.
//     IPv6 is also skipped if the machine has no IPv6, or if the Network of tr's
//     Description is neither tcp nor udp.
//
// Run TestTransport with the race detector as well. Several checks overwrite
// memory that the transport must no longer use, and the race detector reports a
// transport that still does.
//
// The last check uses goleak to look for goroutines that have started since
// TestTransport was called. It would also find those of other tests, so nothing
// else may run in the process at the same time: do not call TestTransport from a
// parallel test.
func TestTransport(t *testing.T, tr echo.Transport) {
	t.Helper()
	testTransport(t, tr, 30*time.Second)
}

// testTransport is TestTransport with hang as the limit for every call.
func testTransport(t *testing.T, tr echo.Transport, hang time.Duration) {
	t.Helper()
	if err := contract.Describe(tr, 1).Unavailable; errors.Is(err, bound.ErrNoReturn) {
		t.Fatal(err)
	} else if err != nil {
		t.Skipf("transport %s is not available: %v", tr.Name(), err)
	}
	k := &kit{t: t, Trial: trial.New(tr, hang), before: goleak.IgnoreCurrent(), summary: new(summary)}
	for _, c := range checks {
		k.run(c)
	}
	k.summary.print(t.Name())
}
