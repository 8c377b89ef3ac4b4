package compare

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// victimEnv makes the test binary a comparison that is killed. It is the folder
// for the results.
const victimEnv = "COMPARE_TEST_VICTIM"

func TestMain(m *testing.M) {
	if _, ok := os.LookupEnv(victimEnv); ok {
		victim()
	}
	goleak.VerifyTestMain(m)
}
