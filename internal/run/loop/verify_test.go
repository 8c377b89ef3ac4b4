package loop

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/run/bodies"
	"github.com/echobench/echobench/payload"
)

// An inexactClient answers at once. The reply to one request has a wrong bit.
type inexactClient struct {
	fakeClient
	calls, wrong int // the number of the request, from 1
	at           int // the byte with the wrong bit
	sent         chan *payload.Payload
	data         [][]byte // of the requests
}

func (c *inexactClient) Echo(ctx context.Context, req, reply *payload.Payload) error {
	c.data = append(c.data, req.Data)
	err := c.fakeClient.Echo(ctx, req, reply)
	if c.calls++; c.calls == c.wrong {
		reply.Data[c.at] ^= 1
	}
	return err
}

func (c *inexactClient) EchoBatch(ctx context.Context, reqs, replies []*payload.Payload) error {
	for i, req := range reqs {
		c.Echo(ctx, req, replies[i])
	}
	return nil
}

func (c *inexactClient) Pipeline(_ context.Context, depth int) (echo.Pipeline, error) {
	c.sent = make(chan *payload.Payload, depth)
	return inexactPipeline{c}, nil
}

type inexactPipeline struct{ *inexactClient }

func (p inexactPipeline) Send(req *payload.Payload) error {
	p.sent <- &payload.Payload{Id: req.Id, Data: req.Data}
	return nil
}

func (p inexactPipeline) Receive(reply *payload.Payload) error {
	req, ok := <-p.sent
	if !ok {
		return net.ErrClosed
	}
	return p.Echo(context.Background(), req, reply)
}

func (p inexactPipeline) Close() error {
	close(p.sent)
	return nil
}

// kinds are the kinds of loop.
var kinds = []Config{{}, {Batch: 7}, {Depth: 7}}

// run makes 5000 echoes with a loop of the given kind.
func run(t *testing.T, kind Config, client *inexactClient, size int) error {
	t.Helper()
	kind.Client, kind.Source, kind.Latencies = client, bodies.New(size, 1, 1).NewSource(), newLatencies(false, false)
	l, err := New(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Run(Task{Tickets: new(atomic.Uint64), Total: 5000, Clock: NewClock()})
}

// TestFindsOneWrongBit: of little data, every byte is compared, and of much data both ends.
func TestFindsOneWrongBit(t *testing.T) {
	for _, kind := range kinds {
		for _, c := range []struct{ size, wrong, at int }{{64, 0, 0}, {64, 4321, 33}, {1024, 4321, 1000}, {16 << 10, 4321, 0}, {16 << 10, 4321, 16<<10 - 1}} {
			want := ""
			if c.wrong > 0 {
				want = fmt.Sprintf("at byte %d of %d", c.at, c.size)
			}
			err := run(t, kind, &inexactClient{wrong: c.wrong, at: c.at}, c.size)
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("batch %d, depth %d, %d bytes, a wrong bit in reply %d at byte %d: error %v, want %q", kind.Batch, kind.Depth, c.size, c.wrong, c.at, err, want)
			}
		}
	}
}

// TestSendsNewData: successive requests have different data.
func TestSendsNewData(t *testing.T) {
	for _, kind := range kinds {
		client := new(inexactClient)
		if err := run(t, kind, client, 64); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, data := range client.data[:1024] {
			seen[string(data)] = true
		}
		if len(client.data) != 5000 || len(seen) != 1024 {
			t.Errorf("batch %d, depth %d: %d requests, the first 1024 of them with %d different data, want 5000 and 1024", kind.Batch, kind.Depth, len(client.data), len(seen))
		}
	}
}
