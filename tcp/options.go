package tcp

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/internal/protocol/settings"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"github.com/echobench/echobench/tcp/internal/deadline"
	"github.com/echobench/echobench/tcp/internal/grants"
	"github.com/echobench/echobench/tcp/internal/mux"
	"github.com/echobench/echobench/tcp/internal/spin"
)

// maxConns is the largest value of Conns. A client address has 65535 ports for
// connections to one server.
const maxConns = 65535

// check checks the options. limit is the largest len(Data), in bytes.
func (t *Transport) check() (limit payload.Size, err error) {
	for _, option := range []struct {
		name string
		n    int
	}{
		{"MaxInFlight", t.MaxInFlight}, {"Grants", t.Grants}, {"RefuseAbove", t.RefuseAbove},
		{"SocketReadBuffer", int(t.SocketReadBuffer)}, {"SocketWriteBuffer", int(t.SocketWriteBuffer)},
	} {
		if err := check.NotNegative("tcp", option.name, option.n); err != nil {
			return 0, err
		}
	}
	if err := check.Timeout("tcp", "IdleTimeout", t.IdleTimeout); err != nil {
		return 0, err
	}
	if err := check.Conns("tcp", t.Conns, maxConns); err != nil {
		return 0, err
	}
	switch {
	case t.Mux && t.Grants > 0:
		return 0, fmt.Errorf("tcp: Grants %d with Mux: want at most one of them", t.Grants)
	case t.Spin && !spin.Available:
		return 0, fmt.Errorf("tcp: Spin is not available on %s: %w", runtime.GOOS, errors.ErrUnsupported)
	case t.Unix && t.Nagle:
		return 0, errors.New("tcp: Nagle with Unix: Unix domain sockets have no TCP_NODELAY")
	}
	return check.MaxSize("tcp", t.MaxSize)
}

// settings returns the settings for [echo.Description].
func (t *Transport) settings(limit payload.Size) string {
	var line settings.Line
	t.addConns(&line)
	if t.Mux {
		line.Add("contexts checked every %v", mux.CancelEvery)
		line.Add("%d B read buffer", mux.ReadBuffer)
	} else {
		line.Add("%d B read buffer", stream.FrameBuffer)
	}
	if t.Unix {
		line.Add("Unix domain sockets")
	} else {
		line.Choose(t.Nagle, "NODELAY off", "NODELAY on")
	}
	line.Choose(t.Spin, "both ends read by polling", "")
	line.Choose(t.TLS, "TLS, certificate not verified", "")
	line.Add("no compression")
	line.Add("%v for the first message", deadline.FirstTimeout)
	if t.IdleTimeout > 0 {
		line.Add("idle timeout %v", t.IdleTimeout)
	} else {
		line.Add("no idle timeout")
	}
	if t.SocketReadBuffer > 0 || t.SocketWriteBuffer > 0 {
		line.Add("socket buffers requested: read %s, write %s", sizeOr(t.SocketReadBuffer, "kernel's"), sizeOr(t.SocketWriteBuffer, "kernel's"))
	} else {
		line.Add("kernel's socket buffers")
	}
	if t.MaxInFlight > 0 {
		line.Add("max in flight %d", t.MaxInFlight)
	} else {
		line.Add("max in flight unlimited")
	}
	if t.Grants > 0 {
		line.Add("%d grants for messages over %d B", t.Grants, grants.MaxUnannounced)
	}
	if t.RefuseAbove > 0 {
		line.Add("requests refused while %d are in progress", t.RefuseAbove)
	}
	line.Add("max size %v", limit)
	return line.String()
}

// addConns adds how many connections serve the workers, and of which kind.
func (t *Transport) addConns(line *settings.Line) {
	if t.Mux {
		line.AddConns(cmp.Or(t.Conns, 1), "multiplexed connection")
		return
	}
	line.AddConns(cmp.Or(t.Conns, echo.Each), "connection")
	line.Choose(t.Conns > 0, "one request at a time on each", "")
}

// sizeOr returns a size as text, or none if the size is 0.
func sizeOr(size payload.Size, none string) string {
	if size == 0 {
		return none
	}
	return size.String()
}
