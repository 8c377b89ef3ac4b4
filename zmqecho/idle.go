//go:build cgo && !nozmq

package zmqecho

import (
	"errors"
	"time"

	"github.com/pebbe/zmq4"
)

// handshakeTimeout is how long a server waits for a client's ZMTP handshake.
const handshakeTimeout = 10 * time.Second

// setIdleTimeout makes a server's socket close a connection on which nothing has
// arrived for that long, not even the answer to a heartbeat, or whose client has not
// acknowledged what was sent to it. 0 means no limit.
func setIdleTimeout(s *zmq4.Socket, timeout time.Duration) error {
	if timeout == 0 {
		return nil
	}
	return errors.Join(
		s.SetHeartbeatIvl(timeout/2),
		s.SetHeartbeatTimeout(timeout/2),
		s.SetTcpMaxrt(timeout),
	)
}
