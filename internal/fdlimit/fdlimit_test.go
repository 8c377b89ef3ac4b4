//go:build unix

package fdlimit

import (
	"math"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	if err := Check("both ends need", 1); err != nil {
		t.Errorf("one more descriptor: %v", err)
	}
	if err := Check("both ends need", math.MaxInt); err == nil || !strings.Contains(err.Error(), "file descriptors") {
		t.Errorf("more descriptors than any limit allows: error %v", err)
	}
}
