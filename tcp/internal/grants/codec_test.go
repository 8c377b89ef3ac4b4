package grants

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

func TestPooledCodec(t *testing.T) {
	const limit = 100_000
	var buffers Buffers
	conn := new(testkit.Wire)
	conn.Reader = &conn.Written
	c := newPooledCodec(conn, limit, &buffers)
	var want bytes.Buffer
	for i, size := range []int{0, 1, 5000, 3, limit, 0, 64} { // below and above the size of the read buffer
		p := &payload.Payload{Id: uint64(i), Data: payload.Body(size, uint64(i)), Timestamp: int64(-i)}
		if err := c.Write(p); err != nil {
			t.Fatal(err)
		}
		want.Reset()
		want.Write(stream.AppendFrame(nil, p))
		if !bytes.Equal(conn.Written.Bytes(), want.Bytes()) {
			t.Fatalf("%d bytes of data were written as %q, want %q", size, conn.Written.Bytes(), want.Bytes())
		}
		got := &payload.Payload{Id: 99, Data: []byte("stale"), Timestamp: 99}
		if err := c.Read(got); err != nil || !proto.Equal(got, p) {
			t.Fatalf("Read: %v, got %v, want %v", err, got, p)
		}
	}
	if err := c.Read(new(payload.Payload)); err != io.EOF {
		t.Errorf("Read after the last message: error %v, want io.EOF", err)
	}
}

func TestPooledCodecErrors(t *testing.T) {
	const limit = 100
	good := stream.AppendFrame(nil, &payload.Payload{Id: 1, Data: payload.Body(limit, 1), Timestamp: 1})
	long := stream.AppendFrame(nil, &payload.Payload{Id: 1, Data: payload.Body(limit+payload.Overhead, 1)})
	for _, c := range []struct {
		name string
		in   []byte
		want error
	}{
		{"nothing", nil, io.EOF},
		{"short header", good[:3], io.ErrUnexpectedEOF},
		{"truncated body", good[:len(good)-1], io.ErrUnexpectedEOF},
		{"over the limit", long, echo.ErrTooLarge},
	} {
		codec := newPooledCodec(&testkit.Wire{Reader: bytes.NewReader(c.in)}, limit, new(Buffers))
		if err := codec.Read(new(payload.Payload)); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
	}
}
