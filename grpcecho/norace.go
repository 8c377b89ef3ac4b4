//go:build !race

package grpcecho

const raceDetector = false
