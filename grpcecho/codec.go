package grpcecho

import (
	"fmt"

	"github.com/echobench/echobench/payload"
	"google.golang.org/grpc/mem"
)

// A codec encodes as every transport does, in place of grpc's own codec for
// protobuf: the bytes, their buffers and its name are the same. Where its buffers
// come from is part of it: grpc's options set the pool for frames and for
// compression, but its own codec takes its buffers from a pool that is global.
type codec struct{ pool mem.BufferPool }

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

func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	p, ok := v.(*payload.Payload)
	if !ok {
		return fmt.Errorf("grpcecho: %T is not a Payload", v)
	}
	buf := data.MaterializeToBuffer(c.pool)
	defer buf.Free()
	return payload.Unmarshal(buf.ReadOnlyData(), p)
}

func (c codec) Name() string { return "proto" }
