package child

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/echobench/echobench/internal/usage"
)

// A Process is a child as its parent sees it.
type Process struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	addr    string
	replies chan reply
	line    []byte // the incomplete last line of the child's output
	output  *tail
	exited  chan struct{} // closed when the process has ended and its output was read
	exitErr error         // read it after exited was closed
}

// Start starts a child and waits until its server accepts connections.
func Start(order Order) (*Process, error) {
	p := &Process{replies: make(chan reply, 1), output: new(tail), exited: make(chan struct{})}
	if err := p.start(order); err != nil {
		return nil, fmt.Errorf("starting the server process: %w", err)
	}
	go func() {
		p.exitErr = p.cmd.Wait()
		close(p.exited)
	}()
	r, err := p.reply()
	if err == nil && r.Error != "" {
		err = errors.New(r.Error)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("server process: %w", err), p.Close())
	}
	p.addr = r.Addr
	return p, nil
}

func (p *Process) start(order Order) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := json.Marshal(order)
	if err != nil {
		return err
	}
	procs := cmp.Or(len(order.Pin), runtime.GOMAXPROCS(0))
	p.cmd = exec.Command(exe, arguments(order.Benchmark)...)
	p.cmd.Env = append(os.Environ(), orderEnv+"="+string(text), fmt.Sprintf("GOMAXPROCS=%d", procs))
	p.cmd.Stdout, p.cmd.Stderr = p, p.output
	p.cmd.WaitDelay = time.Second // in case a grandchild keeps the pipes open
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	return p.cmd.Start()
}

// arguments select the one benchmark, and repeat the flags that the user's code
// declares, but not go test's own.
func arguments(benchmark string) []string {
	parts := strings.Split(benchmark, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	args := []string{"-test.run=^$", "-test.bench=" + strings.Join(parts, "/"), "-test.benchtime=1x"}
	flag.Visit(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") {
			args = append(args, "-"+f.Name+"="+f.Value.String())
		}
	})
	return args
}

// Write takes the child's standard output. It separates replies from other lines.
func (p *Process) Write(b []byte) (int, error) {
	p.line = append(p.line, b...)
	for {
		line, rest, ok := bytes.Cut(p.line, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		p.line = rest
		var r reply
		if len(line) > 0 && line[0] == '{' && json.Unmarshal(line, &r) == nil {
			select {
			case p.replies <- r:
				continue
			default: // no reply is expected
			}
		}
		fmt.Fprintf(p.output, "%s\n", line)
	}
}

// reply waits for the next reply.
func (p *Process) reply() (reply, error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case r := <-p.replies:
		return r, nil
	case <-p.exited:
		return reply{}, errors.New(p.HowItEnded())
	case <-timer.C:
		return reply{}, fmt.Errorf("no answer within %v; it wrote: %s", timeout, p.output)
	}
}

// Begin asks for the snapshot at the begin of a run, and starts the counters.
func (p *Process) Begin(counters []string) (usage.Snapshot, error) {
	return p.ask(request{Begin: true, Counters: counters})
}

// End asks for the snapshot at the end of a run.
func (p *Process) End() (usage.Snapshot, error) { return p.ask(request{}) }

func (p *Process) ask(r request) (usage.Snapshot, error) {
	line, err := json.Marshal(r)
	if err == nil {
		_, err = p.stdin.Write(append(line, '\n'))
	}
	if err != nil {
		return usage.Snapshot{}, fmt.Errorf("asking the server process: %w", err)
	}
	answer, err := p.reply()
	if err == nil && answer.Usage == nil {
		err = errors.New(cmp.Or(answer.Error, "its answer has no usage"))
	}
	if err != nil {
		return usage.Snapshot{}, fmt.Errorf("server process: %w", err)
	}
	return *answer.Usage, nil
}

// Addr returns the address of the child's server.
func (p *Process) Addr() string { return p.addr }

// Ended returns a channel that is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.exited }

// HowItEnded describes the end of a process that has ended.
func (p *Process) HowItEnded() string {
	status := "exit status 0"
	if p.exitErr != nil {
		status = p.exitErr.Error()
	}
	return fmt.Sprintf("the server process ended with %s; the last that it wrote: %s", status, p.output)
}

// Close ends the child's standard input and waits until the process has ended. A
// child that does not end in time is killed, and Close returns an error.
func (p *Process) Close() error {
	p.stdin.Close()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-p.exited:
		if p.exitErr != nil {
			return errors.New(p.HowItEnded())
		}
		return nil
	case <-timer.C:
		p.cmd.Process.Kill()
		<-p.exited
		return fmt.Errorf("the server process did not end within %v and was killed; it wrote: %s", timeout, p.output)
	}
}
