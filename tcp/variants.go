package tcp

import "github.com/echobench/echobench/echo"

// variantGrants is the number of grants for a server on two processors that receives
// messages of 64 KiB from 500 clients. With too few, the processors are idle while granted
// messages are on their way; with too many, the throughput falls again.
const variantGrants = 20

// Variants returns the package's variants, the default Transport first. Each call
// returns new Transports.
func Variants() []echo.Variant {
	return []echo.Variant{
		{Name: "tcp", About: "TCP, one connection for each worker", Transport: &Transport{}},
		{Name: "tcpmux", About: "TCP, one multiplexed connection for all workers", Transport: &Transport{Mux: true}},
		{Name: "tcpmuxdepth", About: "tcpmux with 10 requests of each worker in flight", Transport: &Transport{Mux: true}, Depth: 10},
		{Name: "tcpmuxtls", About: "tcpmux with TLS", Transport: &Transport{Mux: true, TLS: true}},
		{Name: "tcpgrants", About: "tcp with flow control by the server, 20 large messages at a time", Transport: &Transport{Grants: variantGrants}},
		{Name: "tcpsem4", About: "tcp with at most 4 requests in flight", Transport: &Transport{MaxInFlight: 4}},
		{Name: "tcpsem50", About: "tcp with at most 50 requests in flight", Transport: &Transport{MaxInFlight: 50}},
		{Name: "tcptls", About: "tcp with TLS", Transport: &Transport{TLS: true}},
		{Name: "tcpspin", About: "tcp, read by polling at both ends, for few workers", Transport: &Transport{Spin: true}},
		{Name: "tcpunix", About: "tcp's protocol over Unix domain sockets", Transport: &Transport{Unix: true}},
		{Name: "tcpnagle", About: "tcp with TCP_NODELAY off", Transport: &Transport{Nagle: true}},
		{Name: "tcpbuffers", About: "tcp with socket buffers of 256 KiB", Transport: &Transport{SocketReadBuffer: 256 << 10, SocketWriteBuffer: 256 << 10}},
	}
}
