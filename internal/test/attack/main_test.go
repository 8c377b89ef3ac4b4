package attack

import (
	"flag"
	"io"
	"log"
	"testing"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/internal/run/child"
)

// tableFile is where BenchmarkAttack writes its results as Markdown.
var tableFile = flag.String("attack.table", "", "write the tables of BenchmarkAttack to `file`, as Markdown")

// serve is what the children of this test binary are asked to run.
const serve = "Attack"

func TestMain(m *testing.M) {
	child.Serve(serve, find)  // does not return in a child
	log.SetOutput(io.Discard) // net/http writes about hostile servers there
	flag.Parse()
	flag.Set("test.parallel", "6") // the tests wait more than they compute
	goleak.VerifyTestMain(m)
}
