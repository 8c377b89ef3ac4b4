package usage

import "golang.org/x/sys/unix"

var archPolls = []int{unix.SYS_EPOLL_WAIT, unix.SYS_POLL}
