package testkit

import (
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
)

// TestVariants checks a protocol package's Variants function: the first variant
// has the name of the default Transport, all names are valid and different, each
// variant is described, and every call returns new Transports.
func TestVariants(t *testing.T, name string, variants func() []echo.Variant) {
	all, again := variants(), variants()
	if len(all) == 0 || all[0].Name != name {
		t.Fatalf("the first of %d variants is not named %q", len(all), name)
	}
	seen := map[string]bool{}
	for i, v := range all {
		if !contract.ValidName.MatchString(v.Name) || seen[v.Name] {
			t.Errorf("variant name %q is invalid or not the only one", v.Name)
		}
		seen[v.Name] = true
		if v.About == "" || strings.ContainsAny(v.About, "\r\n") {
			t.Errorf("%s: About = %q, want a few words on one line", v.Name, v.About)
		}
		if v.Transport == again[i].Transport {
			t.Errorf("%s: two calls of Variants returned the same Transport", v.Name)
		}
		if v.Batch < 0 || v.Depth < 0 || v.Batch > 0 && v.Depth > 0 {
			t.Errorf("%s: batch %d and depth %d, want at most one of them", v.Name, v.Batch, v.Depth)
		}
	}
}
