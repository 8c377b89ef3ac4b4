package child

import (
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
	"sync"
	"time"

	"github.com/echobench/echobench/internal/base/tempdir"
	"github.com/echobench/echobench/internal/measure/usage"
)

// A Process is a child as its parent sees it.
type Process struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	addr    string
	timeout time.Duration // of each reply and of the end
	asked   int           // requests so far
	replies chan reply    // closed when there are no more
	output  *output
	folder  string        // the child's temporary files
	exited  chan struct{} // closed when the process has ended and its pipes were read
	exitErr error         // read it after exited was closed
}

// Start starts a child and waits until its server accepts connections.
func Start(order Order) (*Process, error) { return start(order, timeout) }

func start(order Order, timeout time.Duration) (*Process, error) {
	p := &Process{timeout: timeout, replies: make(chan reply, 1), output: new(output), exited: make(chan struct{})}
	if err := p.start(order); err != nil {
		os.RemoveAll(p.folder)
		return nil, fmt.Errorf("starting the server process: %w", err)
	}
	r, err := p.reply(0)
	if err != nil {
		closeErr := p.Close()
		if closeErr != nil && closeErr.Error() == err.Error() {
			return nil, err // how it ended
		}
		return nil, errors.Join(fmt.Errorf("server process: %w", err), closeErr)
	}
	p.addr = r.Addr
	return p, nil
}

// start starts the process and what reads its pipes.
func (p *Process) start(order Order) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer w.Close() // the child has it
	if err := p.command(order, w); err != nil {
		r.Close()
		return err
	}
	if err := p.cmd.Start(); err != nil {
		r.Close()
		return err
	}
	gone := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() {
		defer r.Close()
		readReplies(r, p.replies, gone)
	})
	go func() {
		p.exitErr = p.cmd.Wait()
		close(gone)
		force := time.AfterFunc(waitDelay, func() { r.Close() })
		defer force.Stop()
		reading.Wait()
		close(p.exited)
	}()
	return nil
}

// socketRoom is how many bytes the path of a Unix domain socket may have below the
// child's folder.
const socketRoom = 50

// command prepares the command whose replies come through w.
func (p *Process) command(order Order, w *os.File) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	if p.folder, err = tempdir.New("eb-", socketRoom); err != nil {
		return err
	}
	procs := cmp.Or(len(order.Pin), runtime.GOMAXPROCS(0))
	p.cmd = exec.Command(exe, arguments(order.Benchmark)...)
	text, err := json.Marshal(assignment{Order: order, Pipe: passPipe(p.cmd, w), Folder: p.folder})
	if err != nil {
		return err
	}
	p.cmd.Env = append(os.Environ(), orderEnv+"="+string(text), fmt.Sprintf("GOMAXPROCS=%d", procs))
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} { // on Unix; on Windows
		p.cmd.Env = append(p.cmd.Env, name+"="+p.folder)
	}
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.WaitDelay = waitDelay
	p.stdin, err = p.cmd.StdinPipe()
	return err
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

// Begin asks for the snapshot at the beginning of a run, and starts the counters and, if
// profiled, a CPU profile.
func (p *Process) Begin(counters []string, profiled bool) (usage.Snapshot, error) {
	snapshot, _, err := p.askUsage(request{Begin: true, Counters: counters, Profile: profiled})
	return snapshot, err
}

// End asks for the snapshot at the end of a run, and for the CPU profile if there is one.
func (p *Process) End() (usage.Snapshot, []byte, error) { return p.askUsage(request{}) }

// Heap returns the heap profile of the process after garbage collection.
func (p *Process) Heap() ([]byte, error) {
	answer, err := p.ask(request{Heap: true})
	if err == nil && answer.Profile == nil {
		err = errors.New("server process: its reply has no heap profile")
	}
	return answer.Profile, err
}

// Footprint returns what the process holds after garbage collection.
func (p *Process) Footprint() (usage.Footprint, error) {
	answer, err := p.ask(request{Footprint: true})
	if err == nil && answer.Footprint == nil {
		err = errors.New("server process: its reply has no footprint")
	}
	if err != nil {
		return usage.Footprint{}, err
	}
	return *answer.Footprint, nil
}

func (p *Process) askUsage(r request) (usage.Snapshot, []byte, error) {
	answer, err := p.ask(r)
	if err == nil && answer.Usage == nil {
		err = errors.New("server process: its reply has no usage")
	}
	if err != nil {
		return usage.Snapshot{}, nil, err
	}
	return *answer.Usage, answer.Profile, nil
}

func (p *Process) ask(r request) (reply, error) {
	p.asked++
	r.Number = p.asked
	line, err := json.Marshal(r)
	if err != nil {
		return reply{}, err
	}
	// If this fails, the process has usually ended. reply says how.
	_, writeErr := p.stdin.Write(append(line, '\n'))
	answer, err := p.reply(r.Number)
	if err == nil {
		err = writeErr
	}
	if err != nil {
		return reply{}, fmt.Errorf("server process: %w", err)
	}
	return answer, nil
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

// Condition describes what keeps the process from serving, such as that it is stopped.
// It returns "" if nothing is known, and always on systems other than Linux.
func (p *Process) Condition() string {
	if !p.running() {
		return ""
	}
	return condition(p.cmd.Process.Pid)
}

// Files returns how many file descriptors the process has open. It returns 0 if the
// process has ended, and always on systems other than Linux.
func (p *Process) Files() int { return openFiles(p.cmd.Process.Pid) }

// Resident returns how much of the process's memory is resident, in bytes. It needs no
// reply of the process. It returns 0 if the process has ended, and always on systems
// other than Linux.
func (p *Process) Resident() int { return resident(p.cmd.Process.Pid) }

// Kill kills the process, without waiting until it has ended.
func (p *Process) Kill() { p.cmd.Process.Kill() }

// Close ends the child's standard input, waits until the process has ended, and removes
// its folder. A child that does not end in time, or that is stopped, is killed, and
// Close returns an error.
func (p *Process) Close() error {
	err := p.end()
	if p.folder != "" {
		err = errors.Join(err, os.RemoveAll(p.folder))
	}
	return err
}

func (p *Process) end() error {
	p.stdin.Close()
	if p.running() && stopped(p.cmd.Process.Pid) {
		p.kill()
		return errors.New("the server process was stopped, and has been killed")
	}
	timer := time.NewTimer(p.timeout)
	defer timer.Stop()
	select {
	case <-p.exited:
		if p.exitErr != nil {
			return errors.New(p.HowItEnded())
		}
		return nil
	case <-timer.C:
		p.kill()
		return fmt.Errorf("the server process did not end within %v and was killed; it wrote: %s", p.timeout, p.output)
	}
}

// kill kills the process and waits until it has ended.
func (p *Process) kill() {
	p.cmd.Process.Kill()
	<-p.exited
}

// running reports whether the process has not ended yet.
func (p *Process) running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}
