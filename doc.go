// Package echobench measures what an echo costs over a transport: latency,
// throughput and allocations, and the processor time, context switches, page
// faults and garbage collection behind them, at both ends, for every message
// size and number of concurrent callers, in the format that benchstat reads.
//
// A [Transport] carries echoes of one message, payload.Payload, between clients
// and a server. Five of them come with this module, in packages of their own:
// tcp, rest, grpcecho, zmqecho and gorpcecho. This package imports none of them,
// so that whoever tests a transport of their own compiles nothing else.
//
// There are two things to do with a Transport. [TestTransport] checks that it
// keeps the contract:
//
//	func TestConformance(t *testing.T) { echotest.TestTransport(t, &Transport{}) }
//
// and a [Suite] benchmarks it, alone or beside others:
//
//	func BenchmarkEcho(b *testing.B) {
//		echobench.Suite{Transports: []echo.Transport{&Transport{}, &tcp.Transport{}}}.Run(b)
//	}
//
// # How a cell is measured
//
// A cell is one transport, one size and one number of workers. For every sample
// (every one of -count) it starts a fresh server, in this process or in a child
// ([Placement]), and fresh clients, one a worker or as many as the transport's
// [Description] says. All of them echo before the timer starts. Then exactly so
// many workers, each a closed loop, share b.N echoes; only the harness reads the
// clock, each latency goes into a histogram of its worker's, and each reply's id
// and length are checked, every byte of one in 64. An error fails the cell. A cell
// in which nothing moves fails with a message instead of hanging.
//
// The harness costs about 100 ns an echo and allocates nothing: see
// BenchmarkHarness in internal/floor.
package echobench
