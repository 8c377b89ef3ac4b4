package echobench_test

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/grpcecho"
	"github.com/echobench/echobench/internal/floor"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/rest"
	"github.com/echobench/echobench/tcp"
	"github.com/echobench/echobench/zmqecho"
)

// transports are what BenchmarkEcho compares by default.
func transports() []echo.Transport {
	return []echo.Transport{
		&tcp.Transport{},
		&rest.Transport{},
		&grpcecho.Transport{},
		&zmqecho.Transport{},
		&gorpcecho.Transport{},
	}
}

// floors are below every protocol, for -proto to name.
func floors() []echo.Transport {
	return []echo.Transport{&floor.Nop{}, &floor.Pipe{}, floor.Raw{}}
}

var (
	protoFlag   = flag.String("proto", "", "the transports of BenchmarkEcho: some of tcp,rest,grpc,zmq,gorpc (the default) and nop,pipe,floor, which cost less than any protocol")
	sizeFlag    = flag.String("size", "", "its sizes, such as 64B,4KiB (default 64B,256B,1KiB,4KiB,64KiB)")
	parFlag     = flag.String("par", "", "its numbers of workers, such as 1,100 (default 1,10,50,100,500)")
	metricsFlag = flag.String("metrics", "", "what to report: latency, cpu, kernel, runtime, legs or all (default latency,cpu,kernel)")
	pinFlag     = flag.String("pin", "", "processors of each end: client=0 server=1, or same=0 (linux)")
	counterFlag = flag.Bool("counters", false, "add hardware counters and system calls, where permitted (linux)")
	hgrmFlag    = flag.String("hgrm", "", "a folder for each cell's histogram as a .hgrm file")
	serverFlag  = flag.String("server", "inproc", "where the server runs: inproc or child")
)

// BenchmarkEcho is the matrix: every transport, size and number of workers.
func BenchmarkEcho(b *testing.B) {
	suite, err := suiteFromFlags()
	if err != nil {
		b.Fatal(err)
	}
	suite.Run(b)
}

func suiteFromFlags() (suite echobench.Suite, err error) {
	if flag.NArg() > 0 {
		return suite, fmt.Errorf("unexpected arguments %q: the flags after them were not read (write -counters=true, or the package first)", flag.Args())
	}
	if *protoFlag == "" {
		suite.Transports = transports()
	} else {
		if suite.Variants, err = echobench.Select(echobench.Variants(slices.Concat(transports(), floors())...), strings.Split(*protoFlag, ",")...); err != nil {
			return suite, fmt.Errorf("-proto: %w", err)
		}
	}
	if suite.Sizes, err = list(*sizeFlag, payload.ParseSize); err != nil {
		return suite, fmt.Errorf("-size: %w", err)
	}
	if suite.Parallelism, err = list(*parFlag, strconv.Atoi); err != nil {
		return suite, fmt.Errorf("-par: %w", err)
	}
	sets, err := list(*metricsFlag, echobench.ParseMetrics)
	if err != nil {
		return suite, fmt.Errorf("-metrics: %w", err)
	}
	for _, set := range sets {
		suite.Metrics |= set
	}
	if suite.Pin, err = echobench.ParsePinning(*pinFlag); err != nil {
		return suite, fmt.Errorf("-pin: %w", err)
	}
	suite.Counters = *counterFlag
	suite.Histograms = *hgrmFlag
	if suite.Server, err = echobench.ParsePlacement(*serverFlag); err != nil {
		return suite, fmt.Errorf("-server: %w", err)
	}
	return suite, nil
}

// list parses a comma-separated flag; an empty one is nil.
func list[T any](text string, parse func(string) (T, error)) ([]T, error) {
	if text == "" {
		return nil, nil
	}
	var values []T
	for _, field := range strings.Split(text, ",") {
		value, err := parse(field)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}
