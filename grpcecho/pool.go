package grpcecho

import "google.golang.org/grpc/mem"

// TieredPool returns a new buffer pool, which is like grpc's default pool but also
// has buffers of 64, 128, 256 and 512 KiB. The sizes of the default pool jump from
// 32 KiB to 1 MiB, and a pool clears a buffer each time it hands it out again. With
// the default pool, each message of more than 32,746 bytes of data, whose encoding
// exceeds 32 KiB, therefore takes and clears a buffer of 1 MiB.
func TieredPool() mem.BufferPool {
	pool, err := mem.NewBinaryTieredBufferPool(8, 12, 14, 15, 16, 17, 18, 19, 20)
	if err != nil {
		panic("grpcecho: " + err.Error()) // only for an exponent that is out of range
	}
	return pool
}
