package sample

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
)

// connecting is how many clients of a sample are opened or closed at the same time.
// Each of them waits for the other end most of the time.
const connecting = 8

// dial opens the given number of clients. If it fails, s.clients are those that were
// opened.
func (s *Sample) dial(clients int) error {
	ctx, cancel := context.WithTimeout(s.ctx, s.config.Stall)
	defer cancel()
	s.clients = make([]echo.Client, clients)
	err := inParallel(clients, func(i int) error {
		client, err := s.dialOne(ctx)
		if err != nil {
			if cause := context.Cause(s.ctx); cause != nil {
				err = cause
			}
			return fmt.Errorf("dial %d of %d: %w", i+1, clients, err)
		}
		s.clients[i] = client
		return nil
	}, cancel)
	if err != nil {
		s.clients = slices.DeleteFunc(s.clients, func(c echo.Client) bool { return c == nil })
	}
	return err
}

// dialOne opens a client.
func (s *Sample) dialOne(ctx context.Context) (echo.Client, error) {
	v := s.config.Variant
	return await(ctx, s.config.Findings, v, "Dial",
		func() (echo.Client, error) { return v.Transport.Dial(ctx, s.addr) },
		func(late echo.Client) { late.Close() })
}

// closeClients closes the workers, and then all clients.
func (s *Sample) closeClients() error {
	var errs []error
	if s.closed != nil {
		for _, l := range s.closed.workers {
			errs = append(errs, l.Close())
		}
	}
	if s.open != nil {
		s.open.close()
	}
	errs = append(errs, closeAll(s.clients), closeAll(s.idle.clients))
	return errors.Join(errs...)
}

func closeAll(clients []echo.Client) error {
	return inParallel(len(clients), func(i int) error { return clients[i].Close() }, func() {})
}

// inParallel calls f with 0 to n-1, several at a time, and returns the error that
// comes first. With that error it calls failed, once, while other calls of f go on.
func inParallel(n int, f func(i int) error, failed func()) (first error) {
	var (
		next atomic.Int64
		once sync.Once
		all  sync.WaitGroup
	)
	for range min(n, connecting) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := f(i); err != nil {
					once.Do(func() { first = err; failed() })
				}
			}
		})
	}
	all.Wait()
	return first
}
