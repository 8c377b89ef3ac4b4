package attack

import (
	"flag"
	"io"
	"log"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/internal/child"
)

// scale multiplies how much the attacks do.
var scale = flag.Float64("attack.scale", 1, "multiply the connections, resets and streams of the attacks by `factor`")

// serve is what the children of this test binary are asked to run.
const serve = "Attack"

// together is how many attacks run at the same time. They wait more than they compute.
const together = 3

func TestMain(m *testing.M) {
	child.Serve(serve, find)  // does not return in a child
	log.SetOutput(io.Discard) // net/http writes about hostile servers there
	flag.Parse()
	flag.Set("test.parallel", strconv.Itoa(together))
	goleak.VerifyTestMain(m)
}
