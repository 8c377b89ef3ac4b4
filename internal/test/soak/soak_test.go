package soak

import (
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/grpcecho"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/base/fdlimit"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/rest"
	"github.com/echobench/echobench/tcp"
	"github.com/echobench/echobench/zmqecho"
)

var (
	length = flag.Duration("soak", 0, "how long TestSoak makes faults; 0 means a second, or 12 if tests may take long")
	seed   = flag.Uint64("seed", 0, "the seed of TestSoak; 0 means a new one")
	names  = flag.String("variants", "tcp,tcpmux,tcpgrants,rest,h2c,grpc,grpcstream,zmq,zmqdealer,gorpc",
		"the variants that TestSoak tries at the same time, or all")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// phase is how long the phases of a long soak are.
const phase = time.Minute

// TestSoak tries the protocols under faults:
//
//	go test -timeout 0 -run '^TestSoak$' -v ./internal/test/soak -soak 10m
func TestSoak(t *testing.T) {
	callers := 50
	if *length == 0 {
		*length, callers = time.Duration(testkit.Times(1, 12))*time.Second, testkit.Times(20, 50)
	}
	s := Soak{
		Variants: selected(t),
		Seed:     *seed,
		Length:   *length,
		Phases:   max(2, int(*length/phase)),
		Callers:  callers,
		Slack:    10 * time.Second,
	}
	if s.Seed == 0 {
		s.Seed = uint64(time.Now().UnixNano())
	}
	need := fdlimit.Need{Who: "the soak needs"}
	for _, v := range s.Variants {
		need.Files += 2*contract.Describe(v.Transport, s.Callers).Files + 20 // with the proxy's
	}
	if err := need.Check(); err != nil {
		t.Skip(err)
	}
	r := s.Run()
	for _, failure := range r.Failures {
		t.Error(failure)
	}
	t.Log(r.Report)
}

// selected returns the variants that the flag names, without those that this build
// does not have. Batches and pipelines do not matter here.
func selected(t *testing.T) []echo.Variant {
	t.Helper()
	all := slices.Concat(tcp.Variants(), rest.Variants(), grpcecho.Variants(), zmqecho.Variants(), gorpcecho.Variants())
	if *names != "all" {
		var err error
		if all, err = echobench.Select(all, strings.Split(*names, ",")...); err != nil {
			t.Fatal(err)
		}
	}
	return slices.DeleteFunc(all, func(v echo.Variant) bool {
		err := contract.Describe(v.Transport, 1).Unavailable
		if err != nil {
			t.Logf("%s is left out: %v", v.Name, err)
		}
		return err != nil || v.Batch > 0 || v.Depth > 0
	})
}
