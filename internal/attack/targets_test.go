package attack

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/grpcecho"
	"github.com/echobench/echobench/rest"
	"github.com/echobench/echobench/tcp"
	"github.com/echobench/echobench/zmqecho"
)

// A target is a variant whose server is attacked.
type target struct {
	variant string
	wire    wire
	tls     bool
	holds   int // what one connection makes the server hold at most, in MiB; see docs/reliability.md
	garbage int // what else may be resident until it is collected, in MiB
}

// targets are all variants whose servers differ.
var targets = []target{
	{variant: "tcp", wire: framed, holds: 17},
	{variant: "tcpunix", wire: framed, holds: 17},
	{variant: "tcptls", wire: framed, tls: true, holds: 17},
	{variant: "tcpgrants", wire: granted, holds: 17},
	{variant: "tcpmux", wire: muxed, holds: 17},
	{variant: "tcpmuxtls", wire: muxed, tls: true, holds: 17},
	{variant: "rest", wire: http1, holds: 11},
	{variant: "resttls", wire: http1, tls: true, holds: 11},
	{variant: "reststream", wire: http1Chunked, holds: 11},
	{variant: "h2c", wire: http2, holds: 75},
	{variant: "h2cstream", wire: http2Streamed, holds: 75},
	{variant: "h2", wire: http2, tls: true, holds: 75},
	{variant: "grpc", wire: grpcUnary, holds: 61},
	{variant: "grpcstream", wire: grpcStream, holds: 61},
	{variant: "grpctls", wire: grpcUnary, tls: true, holds: 61},
	{variant: "gorpc", wire: gob, holds: 32},
	{variant: "gorpctls", wire: gob, tls: true, holds: 32},
	{variant: "gorpcunix", wire: gob, holds: 32},
	// Each connection that was answered has tables of DEFLATE of more than 1 MiB.
	{variant: "gorpccompress", wire: gobDeflated, holds: 34, garbage: 256},
	// On Linux it is 36 MiB, and what arrives in 10 ms or more on a busy machine.
	{variant: "zmq", wire: zmtp, holds: 128},
	{variant: "zmqrouter", wire: zmtp, holds: 128},
	{variant: "zmqcurve", wire: curve, holds: 128},
}

// transports returns a new Transport of each variant.
func transports() map[string]echo.Transport {
	all := breakers()
	for _, v := range slices.Concat(tcp.Variants(), rest.Variants(), grpcecho.Variants(), gorpcecho.Variants(), zmqecho.Variants()) {
		all[v.Name] = v.Transport
	}
	return all
}

// find returns the transport of a child's order. The name may be preceded by a limit
// on the child's file descriptors and a slash.
func find(variant string) (echo.Transport, error) {
	if limit, name, ok := strings.Cut(variant, "/"); ok {
		n, err := strconv.Atoi(limit)
		if err != nil {
			return nil, err
		}
		if err := limitFiles(n); err != nil {
			return nil, err
		}
		variant = name
	}
	tr := transports()[variant]
	if tr == nil {
		return nil, fmt.Errorf("no variant has the name %q", variant)
	}
	return tr, nil
}
