//go:build cgo && !nozmq && !unix

// Package poll would wait for ZeroMQ sockets with Go's poller, which accepts no
// foreign sockets on this system.
package poll

import (
	"context"
	"errors"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/zmqecho/internal/socket"
)

// Available is false. Whoever looks at it first calls nothing below.
const Available = false

type Descriptor struct{}

func NewDescriptor(*zmq4.Socket) (*Descriptor, error) { return nil, errors.ErrUnsupported }
func (d *Descriptor) Until(func(uintptr) bool) error  { return errors.ErrUnsupported }
func (d *Descriptor) Close()                          {}

type Receiver struct{ *Descriptor }

func NewReceiver(*socket.Conn, context.Context) (*Receiver, error) { return nil, errors.ErrUnsupported }
func (r *Receiver) Receive(context.Context) ([]byte, error)        { return nil, errors.ErrUnsupported }
