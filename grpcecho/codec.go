package grpcecho

import (
	"fmt"

	"google.golang.org/grpc/mem"

	"github.com/echobench/echobench/payload"
)

// A codec encodes messages with package payload, as every transport does, in place
// of grpc's own codec for protobuf. The encoded bytes, the sizes of the buffers and
// the codec's name are the same as grpc's. The codec has a pool because grpc's
// options set the pool for frames and for compression only; grpc's own codec always
// takes its buffers from the global default pool.
type codec struct{ pool mem.BufferPool }

// Marshal encodes a *payload.Payload.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	p, ok := v.(*payload.Payload)
	if !ok {
		return nil, fmt.Errorf("grpcecho: %T is not a Payload", v)
	}
	size := payload.EncodedLen(p)
	if mem.IsBelowBufferPoolingThreshold(size) {
		return mem.BufferSlice{mem.SliceBuffer(payload.Append(make([]byte, 0, size), p))}, nil
	}
	buf := c.pool.Get(size)
	payload.Append((*buf)[:0], p)
	return mem.BufferSlice{mem.NewBuffer(buf, c.pool)}, nil
}

// Unmarshal decodes data into a *payload.Payload, whose storage it uses again.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	p, ok := v.(*payload.Payload)
	if !ok {
		return fmt.Errorf("grpcecho: %T is not a Payload", v)
	}
	buf := data.MaterializeToBuffer(c.pool)
	defer buf.Free()
	return payload.Unmarshal(buf.ReadOnlyData(), p)
}

// Name returns the name of grpc's own codec.
func (c codec) Name() string { return "proto" }
