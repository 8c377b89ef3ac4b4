package suite_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if fixtureBuilt {
			if exe, err := buildFixture(); err == nil {
				os.RemoveAll(filepath.Dir(exe))
			}
		}
		os.Exit(code)
	}))
}
