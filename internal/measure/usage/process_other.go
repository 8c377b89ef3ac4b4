//go:build !unix && !windows

package usage

// readProcess adds nothing, because this platform provides no figures.
func readProcess(*Snapshot) {}
