package rest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A plain is an echo over net/http that does as little as it can: no limits, no
// timeouts, no content types, no contexts, and no decoding at the server, which
// returns the body as it is. Each client has one buffer for what it receives, as
// has the server, so there must be one client.
type plain struct{}

func (plain) Name() string { return "plain" }

func (plain) Listen(addr string) (echo.Server, error) {
	l, err := stream.Listen("plain", addr)
	if err != nil {
		return nil, err
	}
	var buf []byte
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		buf = slices.Grow(buf[:0], int(r.ContentLength))[:r.ContentLength]
		if _, err := io.ReadFull(r.Body, buf); err != nil {
			panic(http.ErrAbortHandler)
		}
		w.Write(buf)
	}))
	s.Listener.Close()
	s.Listener = l
	s.Start()
	return plainServer{s}, nil
}

type plainServer struct{ *httptest.Server }

func (s plainServer) Addr() string { return s.Listener.Addr().String() }

func (s plainServer) Close() error {
	s.Server.Close()
	return nil
}

func (plain) Dial(_ context.Context, addr string) (echo.Client, error) {
	post, err := http.NewRequest(http.MethodPost, "http://"+addr+"/", nil)
	return &plainClient{post: post}, err
}

type plainClient struct {
	http    http.Transport
	post    *http.Request
	out, in []byte
}

func (c *plainClient) Echo(_ context.Context, req, reply *payload.Payload) error {
	c.out = payload.Append(c.out[:0], req)
	post := *c.post
	post.ContentLength = int64(len(c.out))
	post.Body = io.NopCloser(bytes.NewReader(c.out))
	resp, err := c.http.RoundTrip(&post)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	c.in = slices.Grow(c.in[:0], len(c.out))[:len(c.out)]
	if _, err := io.ReadFull(resp.Body, c.in); err != nil {
		return err
	}
	return payload.Unmarshal(c.in, reply)
}

func (c *plainClient) Close() error {
	c.http.CloseIdleConnections()
	return nil
}
