package loop

import (
	"runtime"
	"testing"
)

func TestHistogramsDoNotGrowWithTheWorkers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	for _, c := range []struct{ workers, want int }{
		{1, 1}, {minHistograms, minHistograms}, {minHistograms + 1, minHistograms}, {10000, minHistograms},
	} {
		if got := len(NewLatencies(c.workers, true)); got != c.want {
			t.Errorf("%d histograms for %d workers, want %d", got, c.workers, c.want)
		}
	}
}
