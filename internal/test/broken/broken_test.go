package broken

import "testing"

// TestFaults checks the list itself. The tests of package echotest check that
// each transport fails its Checks.
func TestFaults(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Faults() {
		if f.Name == "" || seen[f.Name] {
			t.Errorf("fault %q: want a name that no other fault has", f.Name)
		}
		seen[f.Name] = true
		if len(f.Checks) == 0 || f.Transport == nil {
			t.Errorf("fault %q: checks %q and transport %v, want at least one check and a transport", f.Name, f.Checks, f.Transport)
		}
	}
}
