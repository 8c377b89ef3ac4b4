// Package echobench measures what an echo costs over a transport: latency,
// throughput and allocations, and the processor time, context switches, page
// faults and garbage collection behind them. It measures both ends, for every
// message size and number of workers, and prints results that benchstat reads.
//
// A transport implements the interfaces in package echo. Five of them come with
// this module: packages tcp, rest, grpcecho, zmqecho and gorpcecho. This package
// imports none of them, so that whoever benchmarks another transport does not
// compile them.
//
// Use package echotest to test that a transport keeps the contract, and then a
// [Suite] to benchmark it, alone or beside others:
//
//	var flags = echobench.NewFlags(flag.CommandLine)
//
//	func TestConformance(t *testing.T) { echotest.TestTransport(t, &Transport{}) }
//
//	func BenchmarkEcho(b *testing.B) {
//		flags.Run(b, echobench.Variants(&Transport{}, &tcp.Transport{}))
//	}
//
// A [Duel] compares two transports in turns and reports the ratio with its interval. A
// [MaxRate] finds the highest rate that keeps a service level objective.
//
// b.N is the number of iterations that a result line describes: echoes in a Suite, pairs
// of slices in a Duel, searches in a MaxRate.
//
// # How a cell is measured
//
// A cell is one transport at one size and one number of workers. Each sample of a
// cell (there are as many as -count says) has a fresh server, in this process or
// in a child process (see [Placement]), and fresh clients: one for each worker, or
// as many as the transport's echo.Description says. All workers echo before the
// timer starts. Then the workers share b.N echoes. Each worker is a closed loop: it waits
// for its reply before it sends its next request. With [Suite].Rates, requests arrive when
// a schedule says so instead, and their latency counts from when they were due.
//
// The harness measures the latencies, not the transport. A worker that sends one request
// at a time reads the clock once for each echo. Each worker records its latencies in a
// histogram of its own, or in a shared one if there are many workers.
//
// Every reply is verified: its id, its length, that it has a timestamp, and all of its data
// up to 1 KiB. Of longer data, both ends and a changing part are compared, and all of it in
// one reply of 64. An error fails the cell. A cell in which nothing moves fails with a
// message instead of hanging.
//
// The harness allocates nothing for an echo. BenchmarkHarness in internal/test/floor
// measures what it costs.
package echobench
