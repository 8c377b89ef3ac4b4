package echobench_test

import (
	"slices"
	"testing"

	"github.com/echobench/echobench/internal/base/contract"
)

// TestVariants checks the table of variants: names that differ and a few words
// about each. Each package tests that its own variants keep the contract.
func TestVariants(t *testing.T) {
	var names []string
	for _, v := range slices.Concat(protocols(), variants()) {
		if !contract.ValidName.MatchString(v.Name) || slices.Contains(names, v.Name) {
			t.Errorf("variant %q: want a name of a-z and 0-9 that no other variant has", v.Name)
		}
		names = append(names, v.Name)
		if n := len(v.About); n < 5 || n > 80 {
			t.Errorf("%s: About has %d characters, want a few words", v.Name, n)
		}
		if v.Transport == nil {
			t.Errorf("%s has no transport", v.Name)
		}
	}
	if want := []string{"tcp", "rest", "grpc", "zmq", "gorpc"}; !slices.Equal(names[:5], want) {
		t.Errorf("the protocols are %v, want %v", names[:5], want)
	}
	for _, name := range []string{
		"tcpmux", "tcpgrants", "tcptls", "tcpunix", "h2c", "h2", "grpceach", "grpcstream", "grpctiers",
		"zmqrouter", "zmqblocking", "gorpcbatch", "nop", "pipe", "floor",
	} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no variant %q", name)
		}
	}
}
