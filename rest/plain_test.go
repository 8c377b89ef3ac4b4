package rest_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A plain is the shortest echo over net/http that answers correctly, with the options,
// buffers and lengths of the default Transport.
type plain struct{}

func (plain) Name() string { return "plain" }

func (plain) Describe(int) echo.Description { return echo.Description{Clients: 1} }

func (plain) Listen(addr string) (echo.Server, error) {
	l, err := stream.Listen("plain", addr)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /echo", servePlain)
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 8 << 10}
	go s.Serve(l)
	return plainServer{s, l.Addr().String()}, nil
}

var (
	plainBuffers  = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	plainPayloads = sync.Pool{New: func() any { return new(payload.Payload) }}
)

// readPlain reads a body whose length is known into a buffer and decodes it.
func readPlain(buf *bytes.Buffer, body io.Reader, length int64, p *payload.Payload) error {
	buf.Reset()
	buf.Grow(int(length) + bytes.MinRead)
	if _, err := buf.ReadFrom(body); err != nil {
		return err
	}
	return payload.Unmarshal(buf.Bytes(), p)
}

func servePlain(w http.ResponseWriter, r *http.Request) {
	buf, p := plainBuffers.Get().(*bytes.Buffer), plainPayloads.Get().(*payload.Payload)
	defer plainBuffers.Put(buf)
	defer plainPayloads.Put(p)
	if err := readPlain(buf, http.MaxBytesReader(w, r.Body, 4<<20+payload.Overhead), r.ContentLength, p); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	payload.Stamp(p)
	buf.Reset()
	buf.Write(payload.Append(buf.AvailableBuffer(), p))
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.Header().Set("Content-Length", strconv.Itoa(buf.Len()))
	w.Write(buf.Bytes())
}

type plainServer struct {
	*http.Server
	addr string
}

func (s plainServer) Addr() string { return s.addr }

func (plain) Dial(_ context.Context, addr string) (echo.Client, error) {
	post, err := http.NewRequest(http.MethodPost, "http://"+addr+"/echo", nil)
	if err != nil {
		return nil, err
	}
	post.Header.Set("Content-Type", "application/x-protobuf")
	return &plainClient{post: post, http: http.Transport{
		MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024, MaxConnsPerHost: 1024,
		DisableCompression: true, MaxResponseHeaderBytes: 8 << 10,
	}}, nil
}

type plainClient struct {
	http http.Transport
	post *http.Request
}

func (c *plainClient) Echo(ctx context.Context, req, reply *payload.Payload) error {
	body := payload.Append(make([]byte, 0, payload.EncodedLen(req)), req)
	post := c.post.WithContext(ctx)
	post.Body, post.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp, err := c.http.RoundTrip(post)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	buf := plainBuffers.Get().(*bytes.Buffer)
	defer plainBuffers.Put(buf)
	return readPlain(buf, http.MaxBytesReader(nil, resp.Body, 4<<20+payload.Overhead), resp.ContentLength, reply)
}

func (c *plainClient) Close() error {
	c.http.CloseIdleConnections()
	return nil
}
