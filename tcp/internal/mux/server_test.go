package mux

import (
	"bytes"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// Of the messages that arrive together on a connection, the first ones
// are in progress and the others are refused. All are told apart by their numbers.
func TestRefuseTogether(t *testing.T) {
	const limit, all = 3, 5
	var in []byte
	for number := range uint64(all) {
		in = appendFrame(in, number, &payload.Payload{Id: number, Data: []byte("data")})
	}
	progress := inprogress.New(limit)
	conn := &testkit.Wire{Reader: bytes.NewReader(in)}
	Answer(conn, fuzzLimit, nil, progress)
	replies := newReader(&conn.Written, fuzzLimit)
	for want := range uint64(all) {
		number, body, err := replies.next()
		if refused := want >= limit; number != want || refused != (err == echo.ErrRefused) || refused != (body == nil) {
			t.Errorf("reply %d: number %d, %d bytes, error %v", want, number, len(body), err)
		}
		if ready := replies.ready(); ready != (want < all-1) {
			t.Errorf("after reply %d of %d: ready is %t", want, all, ready)
		}
	}
	if n := progress.Len(); n != 0 {
		t.Errorf("%d requests in progress after the connection has ended", n)
	}
}

// A request that ends its connection is no longer in progress.
func TestRefuseForgetsBrokenConnections(t *testing.T) {
	const limit = 1 << 10
	progress := inprogress.New(5)
	in := appendFrame(nil, 1, &payload.Payload{Data: payload.Body(limit+1, 1)}) // over the limit
	conn := &testkit.Wire{Reader: bytes.NewReader(in)}
	Answer(conn, limit, nil, progress)
	if written, n := conn.Written.Len(), progress.Len(); written != 0 || n != 0 {
		t.Errorf("%d bytes written, and %d requests in progress after the connection has ended; want none", written, n)
	}
}
