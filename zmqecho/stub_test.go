//go:build !cgo || nozmq

package zmqecho

import (
	"errors"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
)

func TestUnavailable(t *testing.T) {
	tr := &Transport{}
	_, listenErr := tr.Listen("")
	_, dialErr := tr.Dial(t.Context(), "127.0.0.1:1")
	_, packageErr := Dial(t.Context(), "127.0.0.1:1")
	for what, err := range map[string]error{
		"Listen":               listenErr,
		"Dial":                 dialErr,
		"the package's Dial":   packageErr,
		"Describe.Unavailable": tr.Describe(1).Unavailable,
	} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: error %v; want one that matches errors.ErrUnsupported", what, err)
		} else if !strings.Contains(err.Error(), "cgo") && !strings.Contains(err.Error(), "nozmq") {
			t.Errorf("%s: error %q does not say why", what, err)
		}
	}
	if _, err := (&Transport{MaxSize: -1}).Listen(""); err == nil || errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Listen with MaxSize -1: error %v; want one about MaxSize", err)
	}
	var _ echo.Describer = tr
}
