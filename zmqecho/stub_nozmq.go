//go:build nozmq

package zmqecho

const reason = "it was built with the tag nozmq"
