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
}

// targets are the columns of the tables: the default variant of each protocol, and
// variants whose servers have other code behind the socket.
var targets = []target{
	{variant: "tcp", wire: framed},
	{variant: "rest", wire: http1},
	{variant: "grpc", wire: grpcUnary},
	{variant: "zmq", wire: zmtp},
	{variant: "gorpc", wire: gob},
	{variant: "tcptls", wire: framed, tls: true},
	{variant: "tcpgrants", wire: granted},
	{variant: "tcpmux", wire: muxed},
	{variant: "h2c", wire: http2Echo},
	{variant: "gorpccompress", wire: gobDeflated},
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
