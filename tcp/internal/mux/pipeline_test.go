package mux

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

func TestPipeline(t *testing.T) {
	c := dial(t, testkit.Serve(t, func(conn net.Conn) { Answer(conn, 1<<10, nil, nil) }))
	const depth, calls = 4, 20
	p, err := c.Pipeline(testkit.Context(t), depth)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sent := make(chan error, 1)
	go func() {
		for i := range calls {
			if err := p.Send(&payload.Payload{Id: uint64(i), Data: payload.Body(100, uint64(i))}); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	seen := map[uint64]bool{}
	var replies [calls]payload.Payload
	for i := range replies {
		if err := p.Receive(&replies[i]); err != nil {
			t.Fatal(err)
		}
		seen[replies[i].Id] = true
	}
	for i := range replies {
		if !bytes.Equal(replies[i].Data, payload.Body(100, replies[i].Id)) {
			t.Errorf("the reply with id %d does not have the data of its request", replies[i].Id)
		}
	}
	if err := <-sent; err != nil || len(seen) != calls {
		t.Errorf("Send: %v; %d different replies, want %d", err, len(seen), calls)
	}
	if _, err := c.Pipeline(t.Context(), 0); err == nil {
		t.Error("a pipeline of depth 0: no error")
	}
}

// A pipelineOf is a pipeline to a server that does not answer.
type pipelineOf struct {
	echo.Pipeline
	client *Client
	cancel context.CancelFunc // ends the pipeline's context
}

// openPipeline opens a pipeline and sends as many requests as it may have in flight.
func openPipeline(t *testing.T) pipelineOf {
	t.Helper()
	const depth = 2
	addr := testkit.Serve(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	client := dial(t, addr)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	p, err := client.Pipeline(ctx, depth)
	if err != nil {
		t.Fatal(err)
	}
	for range depth {
		if err := p.Send(&payload.Payload{Data: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	return pipelineOf{p, client, cancel}
}

// A pipeline ends with its Close, with its context and with its client.
func TestPipelineEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(p pipelineOf)
		want error
	}{
		{"Close", func(p pipelineOf) { p.Close() }, net.ErrClosed},
		{"context", func(p pipelineOf) { p.cancel() }, context.Canceled},
		{"client", func(p pipelineOf) { p.client.Close() }, net.ErrClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := openPipeline(t)
			ended := make(chan error, 2)
			go func() { ended <- p.Receive(new(payload.Payload)) }()
			go func() { ended <- p.Send(new(payload.Payload)) }() // waits for room
			c.end(p)
			for range 2 {
				if err := testkit.Receive(t, "the end of Send or Receive", ended); !errors.Is(err, c.want) {
					t.Errorf("error %v, want %v", err, c.want)
				}
			}
			for range 2 {
				if err := p.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}
			if err := p.Send(new(payload.Payload)); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Send after Close: error %v, want net.ErrClosed", err)
			}
			if _, inFlight, _ := state(p.client); inFlight != 0 {
				t.Errorf("%d calls are in flight after Close", inFlight)
			}
		})
	}
}

// A pipeline remains usable after a refusal.
func TestPipelineRefused(t *testing.T) {
	addr := testkit.Serve(t, func(conn net.Conn) {
		r := newReader(conn, 1<<10)
		for refuse := true; ; refuse = !refuse {
			all, err := readRequests(r, 1)
			if err != nil {
				return
			}
			if refuse {
				conn.Write(appendRefusal(nil, all[0].number))
			} else {
				conn.Write(appendFrame(nil, all[0].number, all[0].p))
			}
		}
	})
	c := dial(t, addr)
	p, err := c.Pipeline(testkit.Context(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i := range uint64(4) {
		if err := p.Send(&payload.Payload{Id: i}); err != nil {
			t.Fatal(err)
		}
		var reply payload.Payload
		err := p.Receive(&reply)
		if refused := i%2 == 0; refused != errors.Is(err, echo.ErrRefused) || !refused && (err != nil || reply.Id != i) {
			t.Errorf("request %d: id %d, error %v; want every other one refused", i, reply.Id, err)
		}
	}
}
