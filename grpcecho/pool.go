package grpcecho

import (
	"fmt"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// TieredPool returns a new pool like grpc's default one, but with buffers of 64,
// 128, 256 and 512 KiB between its 32 KiB and its 1 MiB. In the default pool, a
// message whose encoding is longer than 32 KiB, so one of more than 32,746 bytes
// of data, gets a buffer of 1 MiB, which is cleared each time that it is used
// again.
func TieredPool() mem.BufferPool {
	pool, err := mem.NewBinaryTieredBufferPool(8, 12, 14, 15, 16, 17, 18, 19, 20)
	if err != nil {
		panic("grpcecho: " + err.Error()) // only for a buffer larger than memory
	}
	return pool
}

// A codec is grpc's codec for protobuf with another pool. grpc's options set the
// pool for frames and for compression; but messages are encoded and decoded in
// buffers of the codec's, which takes them from a pool that is global.
type codec struct{ pool mem.BufferPool }

func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	m, ok := v.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("grpcecho: %T is not a protobuf message", v)
	}
	size := proto.Size(m)
	if mem.IsBelowBufferPoolingThreshold(size) {
		b, err := proto.Marshal(m)
		return mem.BufferSlice{mem.SliceBuffer(b)}, err
	}
	buf := c.pool.Get(size)
	if _, err := (proto.MarshalOptions{UseCachedSize: true}).MarshalAppend((*buf)[:0], m); err != nil {
		c.pool.Put(buf)
		return nil, err
	}
	return mem.BufferSlice{mem.NewBuffer(buf, c.pool)}, nil
}

func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	m, ok := v.(proto.Message)
	if !ok {
		return fmt.Errorf("grpcecho: %T is not a protobuf message", v)
	}
	buf := data.MaterializeToBuffer(c.pool)
	defer buf.Free()
	return proto.Unmarshal(buf.ReadOnlyData(), m)
}

func (c codec) Name() string { return "proto" }
