//go:build unix

package fdlimit

import (
	"math"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name string
		need Need
		want string // a part of the error, or empty for no error
	}{
		{"one more descriptor", Need{Files: 1}, ""},
		{"more descriptors than any limit allows", Need{Who: "both ends need", Files: math.MaxInt32}, "both ends need"},
		{"idle clients without descriptors", Need{Files: 1, Idle: math.MaxInt}, ""},
		{"too many idle clients", Need{Who: "the clients need", Files: 1, Idle: math.MaxInt32, Each: 2}, "which allows "},
	} {
		for name, check := range map[string]func() error{"Check": test.need.Check, "CheckChild": test.need.CheckChild} {
			err := check()
			switch {
			case test.want == "" && err != nil:
				t.Errorf("%s: %s: %v", test.name, name, err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%s: %s: error %v, want %q", test.name, name, err, test.want)
			}
		}
	}
}
