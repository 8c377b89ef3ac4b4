// Package check holds the checks that every protocol package makes before any
// work, so that they all say the same of the same mistake.
package check

import (
	"fmt"
	"net"
	"strconv"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// DefaultMaxSize is every protocol's limit on len(Data) unless told otherwise.
const DefaultMaxSize payload.Size = 4 << 20

// MaxSize returns the limit that an option sets: itself, or the default if it
// is 0. pkg names the package in the error.
func MaxSize(pkg string, option payload.Size) (payload.Size, error) {
	const most = 1 << 30
	switch {
	case option == 0:
		return DefaultMaxSize, nil
	case option < 0 || option > most:
		return 0, fmt.Errorf("%s: MaxSize %d: want 1 to %d bytes, or 0 for %v", pkg, int(option), most, DefaultMaxSize)
	}
	return option, nil
}

// NotNegative checks an option that counts something.
func NotNegative(pkg, option string, n int) error {
	if n < 0 {
		return fmt.Errorf("%s: %s %d: want 0 or more", pkg, option, n)
	}
	return nil
}

// Data checks a request's data against the limit.
func Data(pkg string, data []byte, limit payload.Size) error {
	if len(data) > int(limit) {
		return fmt.Errorf("%s: %d bytes of data exceed the limit of %v: %w", pkg, len(data), limit, echo.ErrTooLarge)
	}
	return nil
}

// ListenAddr makes addr explicit: an empty host becomes the IPv4 loopback
// address, never all interfaces, and an empty addr a free port of it.
func ListenAddr(pkg, addr string) (string, error) {
	if addr == "" {
		addr = ":0"
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("%s: listen address %q: want host:port: %w", pkg, addr, err)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", fmt.Errorf("%s: listen address %q: want a port from 0 to 65535, not %q", pkg, addr, port)
	} else {
		port = strconv.FormatUint(n, 10)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}
