//go:build !linux

package usage

// TCPBytes returns 0: this platform does not say how many bytes a socket has moved.
func TCPBytes() uint64 { return 0 }
