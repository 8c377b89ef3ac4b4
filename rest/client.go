package rest

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
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
	stream bool
	closed atomic.Bool
}

// newClient makes a client without connecting it.
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
	cs := newConns()
	tr := &http.Transport{
		Proxy:                  nil, // whatever the environment says
		DialContext:            cs.dial,
		TLSClientConfig:        &tls.Config{InsecureSkipVerify: true}, // nobody has signed the server's certificate
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		Protocols:              t.protocols(),
	}
	if !t.HTTP2 {
		tr.MaxIdleConns, tr.MaxIdleConnsPerHost, tr.MaxConnsPerHost = t.maxConns(), t.maxConns(), t.maxConns()
	}
	return &client{
		http: http.Client{
			Transport:     tr,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		conns:  cs,
		post:   post,
		limit:  limit,
		stream: t.Stream,
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
	r := c.post.WithContext(ctx) // without parsing the URL and making the header anew
	if c.stream {
		body := newMessage(req)
		defer body.Close() // net/http may read a body even after the call has returned
		r.Body, r.ContentLength = body, -1
	} else {
		// Into memory of its own, for the same reason.
		setBody(r, payload.Append(make([]byte, 0, payload.EncodedLen(req)), req))
	}
	resp, err := c.http.Do(r)
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
		return fmt.Errorf("answer of %d bytes exceeds the limit of %v of data: %w", resp.ContentLength, c.limit, echo.ErrTooLarge)
	}
	in := http.MaxBytesReader(nil, resp.Body, max)
	if c.stream {
		err = decode(in, reply, c.limit)
	} else {
		err = c.readAll(in, resp.ContentLength, max, reply)
	}
	if isTooLong(err) {
		return fmt.Errorf("answer exceeds the limit of %v of data: %w", c.limit, echo.ErrTooLarge)
	}
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

// readAll reads an answer of the given length, -1 if that is unknown, and
// decodes it.
func (c *client) readAll(r io.Reader, length, max int64, reply *payload.Payload) error {
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	if err := buf.read(r, length, max); err != nil {
		return err
	}
	if err := payload.Unmarshal(buf.b, reply); err != nil {
		return fmt.Errorf("%w: %v", errNotPayload, err)
	}
	return nil
}

// setBody is what http.NewRequest would do.
func setBody(r *http.Request, body []byte) {
	if len(body) == 0 {
		r.Body = http.NoBody
		return
	}
	r.ContentLength = int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
}

// refusal is the error for a status other than 200. It reads a short body to its
// end, so that the connection can be used again.
func refusal(resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorText))
	io.CopyN(io.Discard, resp.Body, maxDrain)
	err := fmt.Errorf("server answered %s: %q", resp.Status, strings.TrimSpace(string(text)))
	if resp.StatusCode == http.StatusRequestEntityTooLarge {
		return fmt.Errorf("%w: %w", err, echo.ErrTooLarge)
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
