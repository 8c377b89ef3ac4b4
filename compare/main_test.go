package compare

import (
	"log"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// victimEnv makes the test binary a comparison that is killed. It is the folder
// for the results.
const victimEnv = "COMPARE_TEST_VICTIM"

// fixtures is a folder for the test binaries that several tests share.
var fixtures string

func TestMain(m *testing.M) {
	if _, ok := os.LookupEnv(victimEnv); ok {
		victim()
	}
	var err error
	if fixtures, err = os.MkdirTemp("", "compare-fixtures"); err != nil {
		log.Fatal(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(fixtures)
		os.Exit(code)
	}))
}
