//go:build !linux

package usage

// ReadMachine returns the zero Machine: this platform does not say how busy it is.
func ReadMachine() Machine { return Machine{} }
