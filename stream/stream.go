// Package stream helps to write transports that keep the contract of package
// echo. It offers four things, each of which can be used without the others:
//
//   - [Listen], [ListenUnix], [ListenPacket], [ListenAddr] and [Dial] follow the
//     rules for addresses: without a host an address means the IPv4 loopback
//     interface, never all interfaces.
//   - [ServerTLS] and [ClientTLS] are TLS configurations made at run time.
//   - [Serve], [Answer] and [NewClient] are a server with one goroutine for each
//     connection and a client with one request at a time, over anything that
//     reads, writes and has deadlines. The transport adds a [Codec];
//     [NewFrameCodec] is one with length-prefixed protobuf messages.
//   - [Calls] is for clients of RPC libraries and of multiplexed connections,
//     which send many requests at the same time.
//
// The package's examples are two complete transports: gob over TCP, and net/rpc.
package stream
