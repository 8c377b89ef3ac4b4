// Package profile takes profiles of this process, in pprof's format.
package profile

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
)

// A File is a profile and the end of the name of its file.
type File struct {
	Suffix string // such as .client.cpu.pprof
	Data   []byte
}

// Write writes the profile to a file whose name is base with the suffix. A file that can't
// be written completely is removed.
func (f File) Write(base string) error {
	name := base + f.Suffix
	if err := os.WriteFile(name, f.Data, 0o666); err != nil {
		os.Remove(name)
		return err
	}
	return nil
}

// A CPU is a CPU profile that is being taken. A process can take one at a time.
type CPU struct{ data bytes.Buffer }

// StartCPU begins a CPU profile with 100 samples for each second of processor time.
func StartCPU() (*CPU, error) {
	c := new(CPU)
	if err := pprof.StartCPUProfile(&c.data); err != nil {
		return nil, fmt.Errorf("cpu profile: %w", err)
	}
	return c, nil
}

// Stop ends the profile and returns it, compressed. Samples end at once, but encoding them
// takes some milliseconds.
func (c *CPU) Stop() []byte {
	pprof.StopCPUProfile()
	return c.data.Bytes()
}

// Heap returns the heap profile of all allocations since the process began, after a garbage
// collection.
func Heap() ([]byte, error) {
	runtime.GC() // the profile has what was allocated before the last collection
	var data bytes.Buffer
	if err := pprof.Lookup("heap").WriteTo(&data, 0); err != nil {
		return nil, fmt.Errorf("heap profile: %w", err)
	}
	return data.Bytes(), nil
}
