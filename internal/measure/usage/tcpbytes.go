package usage

// SocketBytes is how many bytes each TCP socket of this process has moved. The keys are the
// sockets' inodes.
type SocketBytes map[uint64]uint64

// Since returns how many bytes the sockets have moved since before. It returns false if
// that is not known, because a socket has been closed since then.
func (s SocketBytes) Since(before SocketBytes) (moved uint64, ok bool) {
	for inode, bytes := range before {
		if _, open := s[inode]; !open {
			return 0, false
		}
		moved -= bytes
	}
	for _, bytes := range s {
		moved += bytes
	}
	return moved, true
}
