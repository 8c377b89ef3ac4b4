//go:build !unix

package spin

import "net"

// Available reports whether this platform has polling connections.
const Available = false

// NewConn is not called where Available is false.
func NewConn(conn net.Conn) (net.Conn, error) { return conn, nil }
