package suite_test

import (
	"regexp"
	"strconv"
	"testing"
)

// TestTenThousandWorkersTakeLittleMemory measures a transport that needs no memory
// itself.
func TestTenThousandWorkersTakeLittleMemory(t *testing.T) {
	out, ok := runFixture(t, "-proto=nop", "-alone=true", "-par=10000", "-metrics=latency,kernel", "-test.benchtime=100000x")
	if !ok {
		t.Fatal(out)
	}
	peak := regexp.MustCompile(`\s(\d+) peak-rss-B`).FindStringSubmatch(out)
	if peak == nil {
		t.Skipf("this platform does not tell the peak of resident memory:\n%s", out)
	}
	if n, err := strconv.Atoi(peak[1]); err != nil || n > 60e6 {
		t.Errorf("the peak is %s B, want at most 60 MB", peak[1])
	}
}
