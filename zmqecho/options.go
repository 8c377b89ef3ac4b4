package zmqecho

import (
	"errors"
	"fmt"

	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
)

const (
	maxConns   = 1024
	maxWorkers = 1024
)

func (t *Transport) check() (limit payload.Size, err error) {
	if t.Workers < 0 || t.Workers > maxWorkers {
		return 0, fmt.Errorf("zmqecho: Workers %d: want 0 (no proxy) to %d", t.Workers, maxWorkers)
	}
	if t.WorkersIPC && t.Workers == 0 {
		return 0, errors.New("zmqecho: WorkersIPC without Workers: want 1 or more workers")
	}
	if t.Dealer && t.Poll {
		return 0, errors.New("zmqecho: Poll with Dealer: want one of them, since DEALER sockets are always polled")
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
