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

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A client sends requests to one URL through an http.Transport.
type client struct {
	http   *http.Transport
	calls  *stream.Calls
	dialer *dialer
	post   *http.Request // every request is a copy of it and shares its header
	tr     Transport
	limit  payload.Size
}

// newClient returns a client that has not connected yet.
func (t *Transport) newClient(addr string) (*client, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	scheme := "http"
	if t.TLS {
		scheme = "https"
	}
	// Without a port, net/http would connect to port 80 or 443.
	if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
		return nil, fmt.Errorf("rest: dial address %q: want host:port", addr)
	}
	post, err := http.NewRequest(http.MethodPost, scheme+"://"+addr+path, nil)
	if err != nil {
		return nil, fmt.Errorf("rest: %w", err)
	}
	post.Header.Set("Content-Type", contentType)
	d := newDialer()
	return &client{
		http:   t.httpTransport(d.dial),
		calls:  stream.NewCalls("rest", limit),
		dialer: d,
		post:   post,
		tr:     *t,
		limit:  limit,
	}, nil
}

// connectCalls is how many calls of a client may dial over HTTP/2 before connect
// gives up. The second one usually finds the connection of the first.
const connectCalls = 10

// connect makes a connection that calls can share, and checks that the server
// answers on it. Until the call that dialled has started, net/http lets no other call use
// the connection, so workers that start together would each dial one. A call that did not
// dial proves that the connection is shared.
func (c *client) connect(ctx context.Context) error {
	if !c.tr.HTTP2 {
		return c.reach(ctx)
	}
	for range connectCalls {
		before := c.dialer.dials()
		if err := c.reach(ctx); err != nil {
			return err
		}
		if c.dialer.dials() == before {
			return nil
		}
	}
	return fmt.Errorf("rest: the server closed the connection after each of %d calls, want it to keep connections open", connectCalls)
}

// reach sends an empty echo. A server that refuses it for lack of capacity has been
// reached as well.
func (c *client) reach(ctx context.Context) error {
	err := c.Echo(ctx, &payload.Payload{}, &payload.Payload{})
	if errors.Is(err, echo.ErrRefused) {
		return nil
	}
	return err
}

// Echo implements [echo.Client].
func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := c.calls.Check(req); err != nil {
		return err
	}
	return c.calls.Error(ctx, c.echo(ctx, req, reply))
}

func (c *client) echo(ctx context.Context, req, reply *payload.Payload) error {
	r := c.post.WithContext(ctx) // http.NewRequest would parse the URL and make the header each time
	// net/http may read the body even after the call has returned. Its storage is
	// therefore not used again.
	c.setBody(r, payload.Append(make([]byte, 0, payload.EncodedLen(req)), req))
	resp, err := c.http.RoundTrip(r) // an http.Client would add redirects and cookies
	if err != nil {
		return err
	}
	defer resp.Body.Close() // closes the connection unless the body was read to its end
	return c.read(resp, reply)
}

// setBody sets r's body as http.NewRequest does, but without its length if
// StreamBodies is set.
func (c *client) setBody(r *http.Request, body []byte) {
	switch {
	case c.tr.StreamBodies:
		r.ContentLength = -1
	case len(body) == 0:
		r.Body = http.NoBody
		return
	default:
		r.ContentLength = int64(len(body))
	}
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
}

// read reads the server's response into reply.
func (c *client) read(resp *http.Response, reply *payload.Payload) error {
	if resp.StatusCode != http.StatusOK {
		return rejection(resp)
	}
	if !isPayload(resp.Header) {
		return fmt.Errorf("response of type %q, want %s without Content-Encoding", resp.Header.Get("Content-Type"), contentType)
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	err := readBody(buf, http.MaxBytesReader(nil, resp.Body, maxBody(c.limit)), resp.ContentLength)
	if err == nil && payload.Unmarshal(buf.Bytes(), reply) != nil {
		err = errNotPayload
	}
	switch {
	case err == nil:
		return nil
	case isTooLong(err):
		return fmt.Errorf("response exceeds the limit of %v of data: %w", c.limit, echo.ErrTooLarge)
	}
	return fmt.Errorf("reading the response: %w", err)
}

const (
	maxErrorText = 256     // bytes of a rejection's body that the error repeats
	maxDrain     = 4 << 10 // further bytes of it that are read to keep the connection
)

// rejection returns the error for a status other than 200. It reads a short body to
// its end, so that the connection can be used again.
func rejection(resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorText))
	io.CopyN(io.Discard, resp.Body, maxDrain)
	err := fmt.Errorf("server answered %s: %q", resp.Status, strings.TrimSpace(string(text)))
	switch resp.StatusCode {
	case http.StatusRequestEntityTooLarge:
		return fmt.Errorf("%w: %w", err, echo.ErrTooLarge)
	case http.StatusServiceUnavailable:
		return fmt.Errorf("%w: %w", err, echo.ErrRefused)
	}
	return err
}

// Close implements [echo.Client].
func (c *client) Close() error {
	return c.calls.Close(func() error {
		c.dialer.close()
		return nil
	})
}
