package grpcecho

import "google.golang.org/grpc/mem"

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
