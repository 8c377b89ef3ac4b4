package child

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/internal/measure/profile"
	"github.com/echobench/echobench/internal/measure/usage"
	"github.com/echobench/echobench/internal/run/affinity"
	"github.com/echobench/echobench/internal/run/interrupt"
)

// Serve does nothing unless this process is a child whose Order names the
// benchmark. In such a child it finds the transport by the name of its variant,
// serves until standard input ends, and exits the process without returning.
func Serve(benchmark string, find func(variant string) (echo.Transport, error)) {
	text := os.Getenv(orderEnv)
	if text == "" {
		return
	}
	var order assignment
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		fmt.Fprintf(os.Stderr, "echobench: %s=%q: %v\n", orderEnv, text, err)
		os.Exit(2)
	}
	if order.Benchmark != benchmark {
		return
	}
	os.Unsetenv(orderEnv) // a process that the server starts is no child
	outliveSignals()
	tr, err := find(order.Variant)
	if err == nil {
		// The parent has checked the processors. The child inherits the parent's own.
		_, err = affinity.Pin(order.Pin)
	}
	if err == nil {
		err = serve(tr, os.Stdin, os.NewFile(order.Pipe, "pipe for replies"))
	}
	os.RemoveAll(order.Folder) // the parent may have been killed
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(0)
}

// outliveSignals makes the process continue when it receives a signal that its parent
// receives as well, for example when the user presses Ctrl-C. The parent then ends the
// child, or ends itself, so that the child's standard input ends. Either way, the child
// closes its server.
func outliveSignals() {
	// Signals that are ignored would remain so in processes that the server starts.
	signal.Notify(make(chan os.Signal, 1), interrupt.Signals()...)
}

// serve starts the server and answers requests until in ends.
func serve(tr echo.Transport, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), listenTimeout)
	defer cancel()
	listen := func() (echo.Server, error) { return tr.Listen("") }
	srv, err := bound.Value(ctx, 0, listen, func(late echo.Server) { late.Close() })
	if err != nil {
		return write(out, reply{Error: err.Error(), NoReturn: errors.Is(err, bound.ErrNoReturn)})
	}
	if err := write(out, reply{Addr: srv.Addr()}); err != nil {
		return err
	}
	var m meter
	for requests := json.NewDecoder(in); ; {
		var r request
		if err := requests.Decode(&r); err == io.EOF {
			return bound.Call(timeout/2, srv.Close)
		} else if err != nil {
			return err
		}
		reply := m.answer(r)
		reply.Number = r.Number
		if err := write(out, reply); err != nil {
			return err
		}
	}
}

// A meter measures what the child uses. The zero value is ready to use.
type meter struct {
	usage.Meter
	cpu *profile.CPU // that is being taken, or nil
}

// answer takes a snapshot or a heap profile, or reads the footprint.
func (m *meter) answer(r request) (answer reply) {
	var err error
	var snapshot usage.Snapshot
	switch {
	case r.Footprint:
		f := usage.ReadFootprint()
		return reply{Footprint: &f}
	case r.Heap:
		answer.Profile, err = profile.Heap()
	case r.Begin:
		answer.Usage = &snapshot
		snapshot, err = m.begin(r)
	default:
		answer.Usage = &snapshot
		snapshot, err = m.End()
		if m.cpu != nil {
			answer.Profile, m.cpu = m.cpu.Stop(), nil
		}
	}
	if err != nil {
		return reply{Error: err.Error()}
	}
	return answer
}

// begin starts the profile, if it is wanted, and takes the first snapshot of a run. Before
// that it collects the garbage, as package testing does in the parent.
func (m *meter) begin(r request) (_ usage.Snapshot, err error) {
	runtime.GC()
	if r.Profile {
		if m.cpu, err = profile.StartCPU(); err != nil {
			return usage.Snapshot{}, err
		}
	}
	return m.Begin(r.Counters)
}

// write writes r as a line.
func write(out io.Writer, r reply) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = out.Write(append(line, '\n'))
	return err
}
