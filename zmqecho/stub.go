//go:build !cgo || nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

const reason = "it was built with the tag nozmq, or without cgo (CGO_ENABLED=0, a cross build, or no C compiler)"

// unavailable returns an error that says why this build has no ZeroMQ.
func (t *Transport) unavailable() error {
	return fmt.Errorf("zmqecho: ZeroMQ is not in this build: %s: %w", reason, errors.ErrUnsupported)
}

type (
	sharedContext struct{}
	curveKeys     struct{}
)

func (t *Transport) files(int) (both, server int) { return 0, 0 }

func (t *Transport) settings(payload.Size) string { return "not in this build: " + reason }

func (t *Transport) withoutKey(addr string) (string, error) { return addr, nil }

func (t *Transport) listen(string, payload.Size) (echo.Server, error) {
	return nil, t.unavailable()
}

func (t *Transport) dial(context.Context, string, payload.Size) (echo.Client, error) {
	return nil, t.unavailable()
}
