package sample

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/measure/units"
	"github.com/echobench/echobench/internal/measure/usage"
	"github.com/echobench/echobench/payload"
)

// idle are the clients of a sample that are connected and silent while its workers
// echo.
type idle struct {
	clients []echo.Client
	used    *units.Idle // nil without idle clients
}

// idleData is the length of the data of an idle client's one echo, in bytes.
const idleData = 64

// openIdle connects the idle clients. Each of them echoes once, because some
// transports connect, or get their buffers, when they are used first.
func (s *Sample) openIdle() error {
	n := s.config.Idle
	if n == 0 {
		return nil
	}
	client, server, err := s.footprints()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := s.dialIdle(n); err != nil {
		return err
	}
	used := &units.Idle{Clients: n, Dialing: time.Since(start)}
	clientAfter, serverAfter, err := s.footprints()
	if err != nil {
		return err
	}
	used.Client = clientAfter.Since(client)
	if s.process != nil {
		difference := serverAfter.Since(server)
		used.Server = &difference
	}
	s.idle.used = used
	return nil
}

// footprints returns what both processes hold. That of the server is empty if it
// shares this process.
func (s *Sample) footprints() (client, server usage.Footprint, err error) {
	if s.process != nil {
		if server, err = s.process.Footprint(); err != nil {
			return client, server, err
		}
	}
	return usage.ReadFootprint(), server, nil
}

// dialIdle connects n idle clients and has each of them echo once. If it fails, s.idle
// has those that were connected.
func (s *Sample) dialIdle(n int) error {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	clients := make([]echo.Client, n)
	err := inParallel(n, func(i int) (err error) {
		if clients[i], err = s.dialOneIdle(ctx); err != nil {
			err = fmt.Errorf("idle client %d of %d: %w", i+1, n, err)
		}
		return err
	}, cancel)
	s.idle.clients = slices.DeleteFunc(clients, func(c echo.Client) bool { return c == nil })
	if cause := context.Cause(s.ctx); cause != nil {
		return cause
	}
	return err
}

// dialOneIdle connects one client, which echoes once. Both together take no longer
// than the stall time.
func (s *Sample) dialOneIdle(ctx context.Context) (echo.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Stall)
	defer cancel()
	client, err := s.dialOne(ctx)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	return client, awaitError(ctx, s.config.Findings, s.config.Variant, "Echo", func() error { return echoOnce(ctx, client) })
}

// echoOnce makes one echo and verifies the reply.
func echoOnce(ctx context.Context, client echo.Client) error {
	req := payload.Payload{Id: 1, Data: payload.Body(idleData, 1), Timestamp: time.Now().UnixNano()}
	var reply payload.Payload
	if err := client.Echo(ctx, &req, &reply); err != nil {
		return err
	}
	return contract.Verify(&req, &reply, true)
}
