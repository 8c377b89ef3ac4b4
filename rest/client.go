package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A client sends requests to one URL through an http.Transport.
type client struct {
	http         *http.Transport
	calls        *stream.Calls
	dialer       *dialer
	post         *http.Request // every request is a copy of it and shares its header
	limit        payload.Size
	sending      *sendLimit // nil over HTTP/1.1
	streamBodies bool
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
	post, err := http.NewRequest(http.MethodPost, scheme+"://"+addr+path, nil)
	if err != nil {
		return nil, fmt.Errorf("rest: %w", err)
	}
	post.Header.Set("Content-Type", contentType)
	d := newDialer()
	c := &client{
		http:         t.httpTransport(d.dial),
		calls:        stream.NewCalls("rest", limit),
		dialer:       d,
		post:         post,
		limit:        limit,
		streamBodies: t.StreamBodies,
	}
	if t.HTTP2 {
		c.sending = &sendLimit{free: sendMost}
	}
	return c, nil
}

// connectCalls is how many calls of a client may dial over HTTP/2 before connect
// gives up. The second one usually finds the connection of the first.
const connectCalls = 10

// connect makes a connection that calls can share, and checks that the server
// answers on it. net/http lets other calls use a new HTTP/2 connection only after
// it has started the call that dialled it, so workers that all begin in between
// would each dial a connection in vain. A call that did not dial proves that the
// connection is shared.
func (c *client) connect(ctx context.Context) error {
	if c.sending == nil {
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

func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := c.calls.Check(req); err != nil {
		return err
	}
	return c.calls.Error(ctx, c.echo(ctx, req, reply))
}

func (c *client) echo(ctx context.Context, req, reply *payload.Payload) error {
	if c.sending != nil {
		n := min(int64(payload.EncodedLen(req)), sendMost) // a longer one waits until it is alone
		if err := c.sending.acquire(ctx, n); err != nil {
			return err
		}
		defer c.sending.release(n)
	}
	r := c.post.WithContext(ctx) // http.NewRequest would parse the URL and make the header each time
	// net/http may read the body even after the call has returned, when req may
	// change: a streamed body is therefore closed, and a buffered one is not pooled.
	if c.streamBodies {
		body := newEncoder(req)
		defer body.Close()
		r.Body, r.ContentLength = body, -1
	} else {
		setBody(r, payload.Append(make([]byte, 0, payload.EncodedLen(req)), req))
	}
	resp, err := c.http.RoundTrip(r) // an http.Client would add redirects and cookies
	if err != nil {
		return err
	}
	defer resp.Body.Close() // closes the connection unless the body was read to its end
	return c.read(resp, reply)
}

// setBody sets r's body as http.NewRequest does.
func setBody(r *http.Request, body []byte) {
	if len(body) == 0 {
		r.Body = http.NoBody
		return
	}
	r.ContentLength = int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
}

func (c *client) Close() error {
	return c.calls.Close(func() error {
		c.dialer.close()
		return nil
	})
}
