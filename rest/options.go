package rest

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/internal/protocol/settings"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

const (
	path        = "/echo"
	contentType = "application/x-protobuf"

	maxHeader     = 8 << 10          // bytes of headers in either direction; net/http allows slightly more
	headerTimeout = 10 * time.Second // how long a client of HTTP/1.1 may take to send its headers

	defaultConns = 1024  // HTTP/1.1 connections that a Client opens at most by default
	maxConns     = 65535 // ports of an address, and so connections from it to one server
	maxStreams   = 600   // HTTP/2 streams on a connection; net/http's default is 250
)

// check checks the options. limit is the largest len(Data), in bytes.
func (t *Transport) check() (limit payload.Size, err error) {
	if err := check.Conns("rest", t.Conns, maxConns); err != nil {
		return 0, err
	}
	if err := check.Timeout("rest", "IdleTimeout", t.IdleTimeout); err != nil {
		return 0, err
	}
	if err := check.NotNegative("rest", "RefuseAbove", t.RefuseAbove); err != nil {
		return 0, err
	}
	return check.MaxSize("rest", t.MaxSize)
}

// clientConns returns how many HTTP/1.1 connections a Client may open.
func (t *Transport) clientConns() int {
	switch t.Conns {
	case 0:
		return defaultConns
	case echo.Each: // each worker has at most one call in flight
		return math.MaxInt
	}
	return t.Conns
}

// protocols returns the one protocol that clients and servers speak.
func (t *Transport) protocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(!t.HTTP2)
	p.SetHTTP2(t.HTTP2 && t.TLS)
	p.SetUnencryptedHTTP2(t.HTTP2 && !t.TLS)
	return p
}

// httpTransport returns the http.Transport of one Client, which connects with
// dial.
func (t *Transport) httpTransport(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *http.Transport {
	tr := &http.Transport{
		Proxy:                  nil, // whatever the environment says
		DialContext:            dial,
		TLSClientConfig:        stream.ClientTLS(),
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		Protocols:              t.protocols(),
	}
	if !t.HTTP2 {
		n := t.clientConns()
		tr.MaxIdleConns, tr.MaxIdleConnsPerHost, tr.MaxConnsPerHost = n, n, n
	}
	return tr
}

// settings returns the settings for [echo.Description].
func (t *Transport) settings(limit payload.Size) string {
	var line settings.Line
	switch {
	case t.HTTP2:
		line.Add("HTTP/2")
		line.AddConns(cmp.Or(t.Conns, 1), "http.Transport")
		line.Add("one connection for each http.Transport, at most %d streams on it", maxStreams)
		line.Add("windows of 1MiB for a connection and 1MiB for a stream at the server, 1GiB and 4MiB at the client, frames of at most 1MiB")
	case t.Conns == echo.Each:
		line.Add("HTTP/1.1, one http.Transport for all workers, one keep-alive connection for each worker")
	default:
		line.Add("HTTP/1.1, one http.Transport for all workers, one keep-alive connection for each worker but at most %d", t.clientConns())
	}
	line.Choose(t.TLS, "TLS, the server's certificate not verified", "no TLS")
	line.Choose(t.StreamBodies, "bodies without Content-Length", "bodies with Content-Length")
	line.Add("NODELAY on, no compression, no proxy, no request timeout, headers of at most %v", payload.Size(maxHeader))
	line.Choose(t.HTTP2, "", fmt.Sprintf("%v to send them", headerTimeout))
	line.Choose(t.IdleTimeout > 0, fmt.Sprintf("idle timeout %v", t.IdleTimeout), "no idle timeout")
	if t.RefuseAbove > 0 {
		line.Add("requests refused while %d are in progress", t.RefuseAbove)
	}
	line.Add("kernel's socket buffers, 4KiB read and write buffers, max size %v", limit)
	return line.String()
}
