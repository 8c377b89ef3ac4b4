package attack

import (
	"net"
	"time"
)

// fileLimit is the limit on the descriptors of a server whose descriptors are
// exhausted.
const fileLimit = 128

// exhaust opens more connections than the server may have descriptors. A server may
// refuse those that it has no descriptor for.
func exhaust(a *assault) error {
	a.each(a.connect, func(int, net.Conn) {})
	time.Sleep(100 * time.Millisecond) // the server tries to accept
	return nil
}

func needsLimit(tg *target) string {
	if !canLimitFiles {
		return "the limit on descriptors cannot be set here"
	}
	return ""
}
