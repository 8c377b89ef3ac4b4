//go:build race

package grpcecho

import "google.golang.org/grpc"

// Up to grpc 1.84, a peer that acknowledges a ping which was not sent makes the
// estimator of the bandwidth race with itself (grpc/grpc-go#9415, fixed in 1.85).
// The garbage of a conformance test is such a peer; nothing is estimated where
// windows are fixed.
func init() {
	raced = true
	garbageProof = []grpc.ServerOption{grpc.StaticConnWindowSize(64 << 10), grpc.StaticStreamWindowSize(64 << 10)}
}
