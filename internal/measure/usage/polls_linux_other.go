//go:build linux && !amd64

package usage

// archPolls is empty, because newer architectures have only epoll_pwait and ppoll.
var archPolls []int
