package grpcecho

import "github.com/echobench/echobench/echo"

// Variants returns the package's variants, the default Transport first. Each call
// returns new Transports.
func Variants() []echo.Variant {
	return []echo.Variant{
		{Name: "grpc", About: "gRPC, unary calls over one ClientConn", Transport: &Transport{}},
		{Name: "grpceach", About: "gRPC with a ClientConn for each worker", Transport: &Transport{Conns: echo.Each}},
		{Name: "grpcstream", About: "gRPC over streams that stay open", Transport: &Transport{Stream: true}},
		{Name: "grpcpipe", About: "grpcstream with 8 requests in flight for each worker", Transport: &Transport{Stream: true}, Depth: 8},
		{Name: "grpctiers", About: "gRPC with a buffer pool that has more tiers", Transport: &Transport{Pool: TieredPool()}},
		{Name: "grpcstock", About: "gRPC with grpc-go's own protobuf codec", Transport: &Transport{StockCodec: true}},
		{Name: "grpctls", About: "gRPC over TLS", Transport: &Transport{TLS: true}},
		{Name: "grpcgzip", About: "gRPC with messages compressed by gzip", Transport: &Transport{Compress: true}},
	}
}
