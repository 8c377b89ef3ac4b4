package echobench

import (
	"cmp"
	"encoding"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// Flags are the command-line flags of a benchmark: -proto, -size, -par, -idle,
// -link, -rate, -arrivals, -overload, -slo, -slo-time, -server, -metrics,
// -counters, -pin, -hgrm, -profile and -stall. A test file declares them in one line:
//
//	var flags = echobench.NewFlags(flag.CommandLine)
//
// go test then accepts them after the package: go test -bench . . -par 1,100.
type Flags struct {
	set                                                               *flag.FlagSet
	proto, size, par, idle, link, server, metrics, pin, hgrm, profile *string
	rate, arrivals, slo                                               *string
	counters, overload                                                *bool
	sloTime, stall                                                    *time.Duration
}

// NewFlags declares the flags in set, which is usually flag.CommandLine.
func NewFlags(set *flag.FlagSet) *Flags {
	return &Flags{
		set:      set,
		proto:    set.String("proto", "", "the transports to measure, by name, separated by commas; an unknown name lists the known ones"),
		size:     set.String("size", "", "the sizes of the data, such as 64B,4KiB (default 64B,256B,1KiB,4KiB,64KiB)"),
		par:      set.String("par", "", "the numbers of workers, such as 1,100 (default 1,10,50,100,500)"),
		idle:     set.String("idle", "", "the numbers of further clients that are connected and silent, such as 0,1000,10000 (default none)"),
		link:     set.String("link", "", "simulated links, separated by semicolons, such as 'none;rtt=10ms;rtt=1ms,rate=100Mbit' (default none)"),
		rate:     set.String("rate", "", "the rates at which requests arrive (an open loop), a second or of capacity, such as 2000,10000 or 50%,90% (default none: a closed loop)"),
		arrivals: set.String("arrivals", "poisson", "how requests arrive at a -rate: poisson or uniform"),
		overload: set.Bool("overload", false, "let a -rate exceed capacity, and count refused requests"),
		slo:      set.String("slo", "", "limits on percentiles of the response time, such as p99=1ms,p99.9=5ms, for which BenchmarkMaxRate finds the highest rate (default none: it is skipped)"),
		sloTime:  set.Duration("slo-time", searchTime, "how long each search for the highest rate may take"),
		server:   set.String("server", "inproc", "where the server runs: inproc or child"),
		metrics:  set.String("metrics", "", "what to report: latency, cpu, kernel, runtime, legs or all (default latency,cpu)"),
		pin:      set.String("pin", "", "the processors of each end: client=0 server=1, or same=0 (Linux)"),
		counters: set.Bool("counters", false, "add hardware counters and system calls, where permitted (Linux)"),
		hgrm:     set.String("hgrm", "", "a folder for the histograms of each cell: all samples as .hgrm, each as .hlog"),
		profile:  set.String("profile", "", "a folder for CPU profiles of what each sample measures, by end; FOLDER,heap writes heap profiles as well"),
		stall:    set.Duration("stall", defaultStall, "how long a cell may go without a finished echo before it fails, beyond the time that a -link takes"),
	}
}

// Run runs the Suite that Suite returns as sub-benchmarks of b. A mistake in a
// flag fails b.
func (f *Flags) Run(b *testing.B, defaults []echo.Variant, more ...echo.Variant) {
	b.Helper()
	s, err := f.Suite(defaults, more...)
	if err != nil {
		b.Fatal(err)
	}
	s.Run(b)
}

// RunMaxRate runs the MaxRate that MaxRate returns as sub-benchmarks of b. It skips b if
// there is no -slo.
func (f *Flags) RunMaxRate(b *testing.B, defaults []echo.Variant, more ...echo.Variant) {
	b.Helper()
	m, err := f.MaxRate(defaults, more...)
	if err != nil {
		b.Fatal(err)
	}
	if m.SLOs == nil {
		b.Skip("no -slo, such as -slo p99=1ms")
	}
	m.Run(b)
}

// MaxRate returns the MaxRate that the flags describe, after they were parsed. It has the
// Suite that Suite returns.
func (f *Flags) MaxRate(defaults []echo.Variant, more ...echo.Variant) (m MaxRate, err error) {
	if m.Suite, err = f.Suite(defaults, more...); err != nil {
		return m, err
	}
	m.Time = *f.sloTime
	m.SLOs, err = parseList("slo", *f.slo, parseText[SLO])
	return m, err
}

// Suite returns the Suite that the flags describe, except for -slo, after they were parsed. It
// measures the defaults, unless -proto selects others among the defaults and
// more.
func (f *Flags) Suite(defaults []echo.Variant, more ...echo.Variant) (s Suite, err error) {
	if f.set.NArg() > 0 {
		return s, fmt.Errorf("echobench: unexpected arguments %q: the flags after them were not read (write -counters=true, or the package first)", f.set.Args())
	}
	s = Suite{Variants: defaults, Counters: *f.counters, Overload: *f.overload, Histograms: *f.hgrm, Stall: *f.stall}
	if *f.proto != "" {
		s.Variants, err = Select(slices.Concat(defaults, more), strings.Split(*f.proto, ",")...)
		if err != nil {
			return s, fmt.Errorf("-proto: %w", err)
		}
	}
	var errs [10]error
	s.Sizes, errs[0] = parseList("size", *f.size, payload.ParseSize)
	s.Parallelism, errs[1] = parseList("par", *f.par, strconv.Atoi)
	s.Idle, errs[2] = parseList("idle", *f.idle, strconv.Atoi)
	s.Links, errs[3] = parseFields("link", *f.link, ";", parseText[Link])
	s.Metrics, errs[4] = parseOptional("metrics", *f.metrics, parseText[Metrics])
	s.Pin, errs[5] = parseFlag("pin", *f.pin, parseText[Pinning])
	s.Server, errs[6] = parseFlag("server", *f.server, parseText[Placement])
	s.Rates, errs[7] = parseList("rate", *f.rate, parseText[Rate])
	s.Arrivals, errs[8] = parseFlag("arrivals", *f.arrivals, parseText[Arrivals])
	s.Profiles, errs[9] = parseFlag("profile", *f.profile, parseText[Profiles])
	return s, cmp.Or(errs[:]...)
}

// parseText parses the text of a T.
func parseText[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](text string) (value T, err error) {
	err = P(&value).UnmarshalText([]byte(text))
	return value, err
}

// parseFlag parses the value of the flag with the given name.
func parseFlag[T any](name, text string, parse func(string) (T, error)) (T, error) {
	value, err := parse(text)
	if err != nil {
		err = fmt.Errorf("-%s: %w", name, err)
	}
	return value, err
}

// parseOptional is parseFlag for a flag whose empty text stands for the zero value.
func parseOptional[T any](name, text string, parse func(string) (T, error)) (value T, err error) {
	if text == "" {
		return value, nil
	}
	return parseFlag(name, text, parse)
}

// parseList parses the value of a flag that is a list separated by commas. An
// empty list is nil.
func parseList[T any](name, text string, parse func(string) (T, error)) (values []T, err error) {
	return parseFields(name, text, ",", parse)
}

// parseFields is parseList with another separator.
func parseFields[T any](name, text, separator string, parse func(string) (T, error)) (values []T, err error) {
	if text == "" {
		return nil, nil
	}
	for _, field := range strings.Split(text, separator) {
		value, err := parseFlag(name, field, parse)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}
