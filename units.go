package echobench

import (
	"fmt"
	"io"
)

// units are the units of our own, each with the direction that is better.
var units = []struct{ name, better string }{
	{"ops/s", "higher"},
	{"mean-ns", "lower"},
	{"p50-ns", "lower"},
	{"p99-ns", "lower"},
	{"p999-ns", "lower"},
}

// printUnits prints the benchmark format's unit metadata.
func printUnits(w io.Writer) {
	for _, u := range units {
		fmt.Fprintf(w, "Unit %s better=%s\n", u.name, u.better)
	}
}
