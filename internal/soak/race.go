//go:build race

package soak

// raceDetector is whether the race detector is on. Its own memory grows with the
// addresses that the program has used, so the resident memory means nothing.
const raceDetector = true
