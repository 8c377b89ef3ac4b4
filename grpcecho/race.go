//go:build race

package grpcecho

// raceDetector says that the race detector is on. In grpc before 1.85, the estimator of
// the bandwidth has a data race with itself if a peer acknowledges a ping that was not
// sent (grpc/grpc-go#9415). Garbage can contain such an acknowledgement, and so can what
// a Suite's check of the rules replays. With windows of a fixed size, grpc does not
// estimate the bandwidth.
const raceDetector = true
