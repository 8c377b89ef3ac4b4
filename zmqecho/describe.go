//go:build cgo && !nozmq

package zmqecho

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/settings"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/zmqecho/internal/dealer"
	"github.com/echobench/echobench/zmqecho/internal/poll"
	"github.com/echobench/echobench/zmqecho/internal/socket"
)

// unavailable returns an error that says why libzmq cannot be used with these
// options, or nil if it can.
func (t *Transport) unavailable() error {
	if major, minor, patch := zmq4.Version(); major == 4 && minor < 3 {
		return fmt.Errorf("zmqecho: libzmq %d.%d.%d is too old, want 4.3 or newer: %w", major, minor, patch, errors.ErrUnsupported)
	}
	if t.Curve && !zmq4.HasCurve() {
		return fmt.Errorf("zmqecho: this libzmq was built without CURVE: %w", errors.ErrUnsupported)
	}
	if t.Dealer && !poll.Available {
		return fmt.Errorf("zmqecho: Go cannot poll ZeroMQ sockets on %s, as Dealer requires: %w", runtime.GOOS, errors.ErrUnsupported)
	}
	return nil // NewContext reports any other problem with the version
}

// polls reports whether Go's poller waits for REQ sockets.
func (t *Transport) polls() bool { return !t.Block && poll.Available }

// files returns how many file descriptors both ends open together, and how many
// the server opens.
//
// Each context has five: the mailbox for its termination, and a mailbox and an
// epoll descriptor each for its I/O thread and its reaper. zmq4's default context,
// which is never used, has one. Each socket has a mailbox, and each connection has
// two ends.
func (t *Transport) files(clients int) (both, server int) {
	const context, unused, listener, frontend = 5, 1, 1, 1
	client := 3 + 1 // three mailboxes and a connection
	switch {
	case t.Dealer:
		client += 2 // the copies of two sockets' descriptors that Go polls
	case t.polls():
		client++
	}
	server = context + unused + listener + frontend + clients
	if t.Workers > 0 {
		server += 1 + t.Workers // the DEALER socket and its workers
	}
	if t.Workers > 0 && t.WorkersIPC {
		server += listener + 2*t.Workers
	}
	return server + context + clients*client, server
}

// settings returns the settings for [echo.Description].
func (t *Transport) settings(limit payload.Size) string {
	var line settings.Line
	major, minor, patch := zmq4.Version()
	line.Add("libzmq %d.%d.%d", major, minor, patch)
	t.addClients(&line)
	if t.Workers > 0 {
		line.Add("ROUTER-DEALER proxy to %d REP workers over %s", t.Workers, t.backend())
	} else {
		line.Add("REP server")
	}
	line.Add("a context with %d I/O thread at each end", socket.IOThreads)
	line.Add("max sockets %d", socket.MaxSockets)
	line.Add("HWM %d requests and %d replies", socket.RequestsHWM, socket.RepliesHWM)
	line.Add("linger 0")
	line.Add("backlog %d", backlog)
	line.Add("NODELAY on")
	line.Choose(t.Curve, "CURVE without client authentication", "no encryption")
	line.Add("no compression")
	line.Add("no timeout for calls")
	line.Add("handshake timeout %v", handshakeTimeout)
	line.Choose(t.IdleTimeout > 0, fmt.Sprintf("%v for heartbeats after it", t.IdleTimeout), "no heartbeats and no idle timeout after it")
	line.Add("no reconnecting by libzmq")
	line.Choose(!t.Dealer && !t.polls(), fmt.Sprintf("context checked every %v", socket.CheckInterval), "")
	line.Add("max size %v", limit)
	return line.String()
}

// addClients adds the kind of the clients' sockets, and how the workers use them.
func (t *Transport) addClients(line *settings.Line) {
	if t.Dealer {
		line.Add("DEALER clients with up to %d requests in flight", dealer.MaxInFlight)
	} else {
		line.Add("REQ clients")
	}
	usual := echo.Each
	if t.Dealer {
		usual = 1
	}
	line.AddConns(cmp.Or(t.Conns, usual), "connection")
	line.Choose(t.Dealer || t.polls(), "polled by Go", "a blocked thread for each waiting call")
}

// backend returns the transport that connects the workers to the proxy.
func (t *Transport) backend() string {
	if t.WorkersIPC {
		return "ipc"
	}
	return "inproc"
}
