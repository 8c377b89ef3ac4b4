//go:build !unix

package tcp

import "net"

const canSpin = false

// newSpinConn is not called, because check refuses the option.
func newSpinConn(conn net.Conn) (net.Conn, error) { return conn, nil }
