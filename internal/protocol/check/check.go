// Package check holds the checks that every protocol package makes before it
// does any work, so that the same mistake gets the same error message everywhere.
package check

import (
	"fmt"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// DefaultMaxSize is the limit on len(Data) of every protocol, in bytes, unless its
// MaxSize option sets another limit.
const DefaultMaxSize payload.Size = 4 << 20

// MaxSize returns the limit that an option sets: the option itself, or
// DefaultMaxSize if it is 0. pkg is the prefix of every error message.
func MaxSize(pkg string, option payload.Size) (payload.Size, error) {
	const maxOption = 1 << 30
	switch {
	case option == 0:
		return DefaultMaxSize, nil
	case option < 0 || option > maxOption:
		return 0, fmt.Errorf("%s: MaxSize %d: want 1 to %d bytes, or 0 for %v", pkg, int(option), maxOption, DefaultMaxSize)
	}
	return option, nil
}

// NotNegative checks that an option which counts something is not negative.
func NotNegative(pkg, option string, n int) error {
	if n < 0 {
		return fmt.Errorf("%s: %s %d: want 0 or more", pkg, option, n)
	}
	return nil
}

// Timeout checks that an option which is a time limit is not negative.
func Timeout(pkg, option string, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("%s: %s %v: want 0 or more", pkg, option, d)
	}
	return nil
}

// Data checks that a request's data does not exceed the limit. Its error matches
// echo.ErrTooLarge.
func Data(pkg string, data []byte, limit payload.Size) error {
	if len(data) > int(limit) {
		return fmt.Errorf("%s: %d bytes of data exceed the limit of %v: %w", pkg, len(data), limit, echo.ErrTooLarge)
	}
	return nil
}

// Conns checks an option that is a number of connections: 0 for the protocol's
// usual number, echo.Each for one connection for each worker, or 1 to maxConns.
func Conns(pkg string, n, maxConns int) error {
	if n < echo.Each || n > maxConns {
		return fmt.Errorf("%s: Conns %d: want 1 to %d, 0 for the usual number, or echo.Each", pkg, n, maxConns)
	}
	return nil
}

// Clients returns how many Clients serve the workers if each Client is one
// connection: conns of them, at most one for each worker, or usual if conns is 0.
func Clients(conns, usual, workers int) int {
	switch conns {
	case 0:
		conns = usual
	case echo.Each:
		conns = workers
	}
	return min(conns, workers)
}
