package zmqecho

import (
	"errors"
	"fmt"
	"time"

	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/payload"
)

const (
	maxConns   = 1024
	maxWorkers = 1024

	minIdleTimeout = 2 * time.Millisecond // libzmq takes whole milliseconds, and the server sets half of it
	maxIdleTimeout = 24 * time.Hour
)

// check checks the options. limit is the largest len(Data), in bytes.
func (t *Transport) check() (limit payload.Size, err error) {
	if t.Workers < 0 || t.Workers > maxWorkers {
		return 0, fmt.Errorf("zmqecho: Workers %d: want 0 (no proxy) to %d", t.Workers, maxWorkers)
	}
	if t.WorkersIPC && t.Workers == 0 {
		return 0, errors.New("zmqecho: WorkersIPC without Workers: want 1 or more workers")
	}
	if t.Dealer && t.Block {
		return 0, errors.New("zmqecho: Block with Dealer: want one of them, since DEALER sockets never block")
	}
	if t.IdleTimeout != 0 && (t.IdleTimeout < minIdleTimeout || t.IdleTimeout > maxIdleTimeout) {
		return 0, fmt.Errorf("zmqecho: IdleTimeout %v: want %v to %v, or 0 for no limit", t.IdleTimeout, minIdleTimeout, maxIdleTimeout)
	}
	if err := check.Conns("zmqecho", t.Conns, maxConns); err != nil {
		return 0, err
	}
	return check.MaxSize("zmqecho", t.MaxSize)
}

// connections returns how many connections serve the workers.
func (t *Transport) connections(workers int) int {
	usual := workers
	if t.Dealer {
		usual = 1
	}
	return check.Clients(t.Conns, usual, workers)
}
