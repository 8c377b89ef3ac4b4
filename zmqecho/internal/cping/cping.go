//go:build cgo && !nozmq

// Package cping is the ping-pong of libzmq's own latency tools (local_lat and
// remote_lat), written in C at both ends. The benchmarks of zmqecho compare their
// round trips with it.
package cping

/*
#cgo pkg-config: libzmq
#cgo LDFLAGS: -lpthread
#include "cping.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// A Server is a REP socket and a thread that answers. It has a context for itself and
// one for all of its clients.
type Server struct{ server C.cping_server }

// Start starts a server on a free port of the loopback interface.
func Start() (*Server, error) {
	s := new(Server)
	if C.cping_start(&s.server) != 0 {
		return nil, failed("start", s.server.error)
	}
	return s, nil
}

// Close ends the thread and waits for it. The clients must have been closed.
func (s *Server) Close() error {
	if C.cping_stop(&s.server) != 0 {
		return failed("stop", s.server.error)
	}
	return nil
}

// A Client is a REQ socket that is connected to a Server. One goroutine at a time may
// use it.
type Client struct{ client C.cping_client }

// Connect connects a client.
func (s *Server) Connect() (*Client, error) {
	c := new(Client)
	if C.cping_connect(&s.server, &c.client) != 0 {
		return nil, failed("connect", c.client.error)
	}
	return c, nil
}

// Ping makes len(nanoseconds) round trips with the given data, in one call of C, and
// stores the duration of each. It checks the length of every reply, and all bytes
// of the last one, which has made all the round trips.
func (c *Client) Ping(data []byte, nanoseconds []int64) error {
	if len(data) == 0 || len(nanoseconds) == 0 {
		return fmt.Errorf("cping: %d round trips of %d bytes: want 1 or more round trips of 1 byte or more", len(nanoseconds), len(data))
	}
	if C.cping_run(&c.client, unsafe.Pointer(&data[0]), C.size_t(len(data)), C.size_t(len(nanoseconds)), (*C.int64_t)(unsafe.Pointer(&nanoseconds[0]))) != 0 {
		return failed("ping", c.client.error)
	}
	return nil
}

// Close closes the socket.
func (c *Client) Close() error {
	if C.cping_close(&c.client) != 0 {
		return failed("close", c.client.error)
	}
	return nil
}

func failed(what string, errno C.int) error {
	return errors.New("cping: " + what + ": " + C.GoString(C.zmq_strerror(errno)))
}
