//go:build linux && !amd64

package usage

// archPolls is empty: newer architectures have epoll_pwait and ppoll alone.
var archPolls []int
