package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
	"google.golang.org/protobuf/proto"
)

const (
	maxErrorText = 256     // bytes of an error's body that an error repeats
	maxDrain     = 4 << 10 // bytes of it that are worth reading to keep the connection
)

// A client is an http.Client for one URL.
type client struct {
	http   http.Client
	conns  *conns
	post   *http.Request // what every request is a copy of, its header shared
	limit  payload.Size
	closed atomic.Bool
}

func newClient(addr string, limit payload.Size, maxConns int) (*client, error) {
	post, err := http.NewRequest(http.MethodPost, "http://"+addr+path, nil)
	if err != nil {
		return nil, fmt.Errorf("rest: %w", err)
	}
	post.Header.Set("Content-Type", contentType)
	cs := newConns()
	return &client{
		http: http.Client{
			Transport: &http.Transport{
				Proxy:                  nil, // whatever the environment says
				DialContext:            cs.dial,
				DisableCompression:     true,
				MaxIdleConns:           maxConns,
				MaxIdleConnsPerHost:    maxConns,
				MaxConnsPerHost:        maxConns,
				MaxResponseHeaderBytes: maxHeader,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		conns: cs,
		post:  post,
		limit: limit,
	}, nil
}

func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := check.Data("rest", req.Data, c.limit); err != nil {
		return err
	}
	if err := c.echo(ctx, req, reply); err != nil {
		switch {
		case ctx.Err() != nil:
			err = ctx.Err()
		case c.closed.Load():
			err = net.ErrClosed
		}
		return fmt.Errorf("rest: %w", err)
	}
	return nil
}

func (c *client) echo(ctx context.Context, req, reply *payload.Payload) error {
	if c.closed.Load() {
		return net.ErrClosed
	}
	// Not pooled: net/http may read a body even after the call has returned.
	body, err := proto.Marshal(req)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(c.request(ctx, body))
	if err != nil {
		return err
	}
	defer resp.Body.Close() // closes the connection unless the body was read to its end
	if resp.StatusCode != http.StatusOK {
		return refusal(resp)
	}
	if !isPayload(resp.Header) {
		return fmt.Errorf("answer of type %q, want %s without Content-Encoding", resp.Header.Get("Content-Type"), contentType)
	}
	max := int64(c.limit) + payload.Overhead
	if resp.ContentLength > max {
		return fmt.Errorf("answer of %d bytes exceeds the limit of %v of data: %w", resp.ContentLength, c.limit, echobench.ErrTooLarge)
	}
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	if err := buf.read(http.MaxBytesReader(nil, resp.Body, max), resp.ContentLength, max); err != nil {
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			return fmt.Errorf("answer exceeds the limit of %v of data: %w", c.limit, echobench.ErrTooLarge)
		}
		return fmt.Errorf("reading the answer: %w", err)
	}
	if err := proto.Unmarshal(buf.b, reply); err != nil {
		return fmt.Errorf("answer of %d bytes is not a Payload: %w", len(buf.b), err)
	}
	return nil
}

// request is what http.NewRequestWithContext would make, without parsing the
// URL and making the header anew.
func (c *client) request(ctx context.Context, body []byte) *http.Request {
	r := c.post.WithContext(ctx)
	if len(body) == 0 {
		r.Body = http.NoBody
		return r
	}
	r.ContentLength = int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
	return r
}

// refusal is the error for a status other than 200. It reads a short body to its
// end, so that the connection can be used again.
func refusal(resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorText))
	io.CopyN(io.Discard, resp.Body, maxDrain)
	err := fmt.Errorf("server answered %s: %q", resp.Status, strings.TrimSpace(string(text)))
	if resp.StatusCode == http.StatusRequestEntityTooLarge {
		return fmt.Errorf("%w: %w", err, echobench.ErrTooLarge)
	}
	return err
}

func (c *client) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.conns.close()
	return nil
}
