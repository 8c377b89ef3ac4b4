//go:build !cgo && !nozmq

package zmqecho

const reason = "it was built with cgo disabled (CGO_ENABLED=0, a cross build, or no C compiler)"
