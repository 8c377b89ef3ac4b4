package zmqecho

import "github.com/echobench/echobench/echo"

// Variants returns the package's variants, the default Transport first. Each call
// returns new Transports. Builds without ZeroMQ have the same variants, whose
// Describe states that they are unavailable.
func Variants() []echo.Variant {
	const workers = 16
	return []echo.Variant{
		{Name: "zmq", About: "ZeroMQ: a REQ socket for each worker, one REP socket", Transport: &Transport{}},
		{Name: "zmqrouter", About: "ZeroMQ with a ROUTER socket and 16 REP workers over inproc", Transport: &Transport{Workers: workers}},
		{Name: "zmqrouteripc", About: "ZeroMQ with a ROUTER socket and 16 REP workers over ipc", Transport: &Transport{Workers: workers, WorkersIPC: true}},
		{Name: "zmqblocking", About: "ZeroMQ with REQ sockets that block a thread for each call", Transport: &Transport{Block: true}},
		{Name: "zmqdealer", About: "ZeroMQ with one DEALER socket that all workers share", Transport: &Transport{Dealer: true}},
		{Name: "zmqcurve", About: "ZeroMQ encrypted with CURVE", Transport: &Transport{Curve: true}},
	}
}
