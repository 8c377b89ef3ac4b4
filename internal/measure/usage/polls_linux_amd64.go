package usage

import "golang.org/x/sys/unix"

// archPolls are the system calls for polling that newer architectures lack.
var archPolls = []int{unix.SYS_EPOLL_WAIT, unix.SYS_POLL}
