package compare_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"testing"
	"time"

	"github.com/echobench/echobench/compare"
)

// The upgrade of a dependency: both builds are of the last commit.
func ExampleRun() {
	result, err := compare.Run(context.Background(), compare.Config{
		Old:      compare.Build{Rev: "HEAD"},
		New:      compare.Build{Rev: "HEAD", With: []string{"google.golang.org/grpc@v1.84.0"}},
		Bench:    "^BenchmarkEcho$",
		Args:     []string{"-proto", "grpc"},
		Budget:   10 * time.Minute,
		Folder:   "results",
		Progress: os.Stderr,
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := result.WriteTable(os.Stdout); err != nil {
		log.Fatal(err)
	}
	for _, row := range result.Rows {
		if row.Verdict == compare.Slower && row.Unit == "ns/op" {
			fmt.Println(row.Benchmark, "takes", row.Ratio.Ratio, "times as long")
		}
	}
}

func ExampleGate() {
	TestNotSlower := func(t *testing.T) { // in a file such as gate_test.go
		compare.Gate(t, compare.Config{Bench: "Parse|Encode", Units: []string{"ns/op", "allocs/op"}})
	}
	_ = TestNotSlower // go test calls it
}
