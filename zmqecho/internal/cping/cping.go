//go:build cgo && !nozmq

// Package cping is the ping-pong of libzmq's own latency tools (local_lat and
// remote_lat), in C throughout: what zmqecho is compared with.
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

// A Pair is a REQ and a REP socket, connected over TCP on the loopback, each in
// a context of its own, and a thread that answers.
type Pair struct{ pair C.cping }

// Start starts the thread and connects.
func Start() (*Pair, error) {
	p := new(Pair)
	if C.cping_start(&p.pair) != 0 {
		return nil, p.failed("start")
	}
	return p, nil
}

// Ping makes len(nanoseconds) round trips of size bytes, in one call of C, and
// stores how long each took.
func (p *Pair) Ping(size int, nanoseconds []int64) error {
	if size < 0 || len(nanoseconds) == 0 {
		return fmt.Errorf("cping: %d round trips of %d bytes: want one or more, of 0 or more", len(nanoseconds), size)
	}
	if C.cping_run(&p.pair, C.size_t(size), C.size_t(len(nanoseconds)), (*C.int64_t)(unsafe.Pointer(&nanoseconds[0]))) != 0 {
		return p.failed("ping")
	}
	return nil
}

// Close ends the thread and waits for it.
func (p *Pair) Close() error {
	if C.cping_stop(&p.pair) != 0 {
		return p.failed("stop")
	}
	return nil
}

func (p *Pair) failed(what string) error {
	return errors.New("cping: " + what + ": " + C.GoString(C.zmq_strerror(p.pair.error)))
}
