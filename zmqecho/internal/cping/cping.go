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

// A Pair is a REQ and a REP socket, which are connected over TCP on the loopback
// interface, and a thread that answers. Each socket has a separate context.
type Pair struct{ pair C.cping }

// Start starts the thread and connects the sockets.
func Start() (*Pair, error) {
	p := new(Pair)
	if C.cping_start(&p.pair) != 0 {
		return nil, p.failed("start")
	}
	return p, nil
}

// Ping makes len(nanoseconds) round trips with the given data, in one call of C, and
// stores the duration of each. It checks the length of every reply, and all bytes
// of the last one, which has made all the round trips.
func (p *Pair) Ping(data []byte, nanoseconds []int64) error {
	if len(data) == 0 || len(nanoseconds) == 0 {
		return fmt.Errorf("cping: %d round trips of %d bytes: want 1 or more round trips of 1 byte or more", len(nanoseconds), len(data))
	}
	if C.cping_run(&p.pair, unsafe.Pointer(&data[0]), C.size_t(len(data)), C.size_t(len(nanoseconds)), (*C.int64_t)(unsafe.Pointer(&nanoseconds[0]))) != 0 {
		return p.failed("ping")
	}
	return nil
}

// Close ends the thread, waits for it, and closes the sockets.
func (p *Pair) Close() error {
	if C.cping_stop(&p.pair) != 0 {
		return p.failed("stop")
	}
	return nil
}

func (p *Pair) failed(what string) error {
	return errors.New("cping: " + what + ": " + C.GoString(C.zmq_strerror(p.pair.error)))
}
