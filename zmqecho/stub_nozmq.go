//go:build nozmq

package zmqecho

const why = "it was built with the tag nozmq"
