package echobench

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/echobench/echobench/internal/measure/latency"
)

// Profiles says whether profiles of each sample are written, and which. Those of the
// processor contain what was measured, without the warm-up and without what opens and
// closes the sample. go tool pprof reads them.
//
// The names of the files are CELL.SAMPLE.END.KIND.pprof. Samples are numbered from 1. The
// end is client or server, or both if the ends share a process. The kind is cpu,
// heap-before or heap-after. A heap profile has all allocations since its process began,
// so that the difference of the two is what was measured.
type Profiles struct {
	Folder string // empty means none
	Heap   bool   // heap profiles as well
}

// heapField is what follows the folder in a text if there are heap profiles.
const heapField = ",heap"

// UnmarshalText reads a folder, which ",heap" may follow.
func (p *Profiles) UnmarshalText(text []byte) error {
	folder, heap := strings.CutSuffix(string(text), heapField)
	if heap && folder == "" {
		return fmt.Errorf("echobench: profiles %q: want a folder before %s", text, heapField)
	}
	*p = Profiles{Folder: folder, Heap: heap}
	return nil
}

// String returns a text that UnmarshalText accepts.
func (p Profiles) String() string {
	if p.Heap {
		return p.Folder + heapField
	}
	return p.Folder
}

// check returns an error if the profiles cannot be taken. cpuProfile is the value of
// -cpuprofile.
func (p Profiles) check(cpuProfile string) error {
	switch {
	case p.Heap && p.Folder == "":
		return errors.New("heap profiles without a folder for profiles")
	case p.Folder != "" && cpuProfile != "":
		return fmt.Errorf("profiles in %s and -cpuprofile %s: a process has one CPU profile at a time: want one of them", p.Folder, cpuProfile)
	}
	return nil
}

// writeProfiles writes the profiles of the sample.
func (r *cellRun) writeProfiles() error {
	if r.profiles == "" {
		return nil
	}
	r.profiled[r.procs]++
	base := fmt.Sprintf("%s.%d", filepath.Join(r.profiles, latency.FileName(r.fullName(r.procs))), r.profiled[r.procs])
	var errs []error
	for _, f := range r.last.Profiles() {
		errs = append(errs, f.Write(base))
	}
	return errors.Join(errs...)
}
