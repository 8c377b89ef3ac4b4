//go:build !cgo || nozmq

package zmqecho

import (
	"errors"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
)

func TestUnavailable(t *testing.T) {
	_, packageErr := Dial(t.Context(), "127.0.0.1:1")
	checkUnavailable(t, "the package's Dial", packageErr)
	for _, v := range Variants() {
		_, listenErr := v.Transport.Listen("")
		checkUnavailable(t, v.Name+": Listen", listenErr)
		_, dialErr := v.Transport.Dial(t.Context(), "127.0.0.1:1")
		checkUnavailable(t, v.Name+": Dial", dialErr)
		checkUnavailable(t, v.Name+": Describe", v.Transport.(echo.Describer).Describe(1).Unavailable)
	}
	if _, err := (&Transport{MaxSize: -1}).Listen(""); err == nil || errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Listen with MaxSize -1: error %v, want one about MaxSize", err)
	}
}

func checkUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%s: error %v, want one that matches errors.ErrUnsupported", what, err)
	} else if !strings.Contains(err.Error(), "cgo") && !strings.Contains(err.Error(), "nozmq") {
		t.Errorf("%s: error %q does not state the reason", what, err)
	}
}
