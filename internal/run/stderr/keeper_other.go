//go:build !(linux || darwin || dragonfly || freebsd || netbsd || openbsd)

package stderr

// A Keeper does nothing on these systems.
type Keeper struct{}

// Begin does nothing.
func (*Keeper) Begin() {}

// End does nothing.
func (*Keeper) End() {}

// Close does nothing.
func (*Keeper) Close() error { return nil }
