//go:build race

package grpcecho

import "google.golang.org/grpc"

// In grpc before 1.85, the estimator of the bandwidth has a data race with itself
// if a peer acknowledges a ping that was not sent (grpc/grpc-go#9415). The garbage
// in the conformance tests can contain such an acknowledgement. With windows of a
// fixed size, grpc does not estimate the bandwidth.
func init() {
	raceEnabled = true
	garbageProof = []grpc.ServerOption{grpc.StaticConnWindowSize(64 << 10), grpc.StaticStreamWindowSize(64 << 10)}
}
