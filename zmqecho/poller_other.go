//go:build cgo && !nozmq && !unix

package zmqecho

import (
	"context"
	"errors"

	"github.com/pebbe/zmq4"
)

// canPoll is false because Go's poller accepts no foreign sockets on this system.
// Transport.unavailable reports it before anything below is called.
const canPoll = false

type descriptor struct{}

func newDescriptor(*zmq4.Socket) (*descriptor, error) { return nil, errors.ErrUnsupported }
func (d *descriptor) notify(func())                   {}
func (d *descriptor) close()                          {}

type poller struct{ *descriptor }

func newPoller(*conn, context.Context) (*poller, error) { return nil, errors.ErrUnsupported }
func (p *poller) receive() ([]byte, error)              { return nil, errors.ErrUnsupported }
func (p *poller) watch(context.Context)                 {}
