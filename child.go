package echobench

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
	"sync"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/bound"
	"github.com/echobench/echobench/internal/usage"
)

// The child is this same test binary, asked for the same benchmark. When it
// reaches Suite.Run with childEnv set it serves instead of measuring, and exits
// when its standard input ends: whatever becomes of the parent, no child stays.
// The two exchange JSON, one value a line, over the child's standard input and
// output; any other line of output is kept for the obituary.

const childEnv = "ECHOBENCH_CHILD"

// childTimeout bounds the child's start and each of its answers.
const childTimeout = 10 * time.Second

// childOrder is the value of childEnv: what to serve, from which benchmark, and
// on which processors.
type childOrder struct {
	Benchmark, Transport string
	Pin                  []int
}

// childRequest asks for a snapshot of the child's usage, at a run's begin or end.
type childRequest struct {
	Begin    bool
	Counters []string // to count from Begin on
}

// childReply is what the child says: the address first, then an answer a
// request.
type childReply struct {
	Addr  string          `json:"addr,omitempty"`
	Error string          `json:"error,omitempty"`
	Usage *usage.Snapshot `json:"usage,omitempty"`
}

// serveIfChild never returns in a child whose order this benchmark can fill.
func serveIfChild(benchmark string, variants []echo.Variant) {
	text := os.Getenv(childEnv)
	if text == "" {
		return
	}
	var order childOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		fmt.Fprintf(os.Stderr, "echobench: %s=%q: %v\n", childEnv, text, err)
		os.Exit(2)
	}
	if order.Benchmark != benchmark {
		return
	}
	found, err := Select(variants, order.Transport)
	if err == nil {
		_, err = pin(order.Pin) // the parent has checked it; here it inherits another
	}
	if err == nil {
		err = serveUntilEOF(found[0].Transport, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(0)
}

// serveUntilEOF is the child's whole conversation.
func serveUntilEOF(tr echo.Transport, in io.Reader, out io.Writer) error {
	say := func(r childReply) error {
		line, err := json.Marshal(r)
		if err == nil {
			// testing may have begun a line.
			_, err = fmt.Fprintf(out, "\n%s\n", line)
		}
		return err
	}
	srv, err := tr.Listen("")
	if err != nil {
		return say(childReply{Error: err.Error()})
	}
	if err := say(childReply{Addr: srv.Addr()}); err != nil {
		return err
	}
	var m meter
	for requests := json.NewDecoder(in); ; {
		var r childRequest
		if err := requests.Decode(&r); err == io.EOF {
			return bound.Call(closeTimeout/2, srv.Close)
		} else if err != nil {
			return err
		}
		var snapshot usage.Snapshot
		var err error
		if r.Begin {
			runtime.GC()
			snapshot, err = m.begin(r.Counters)
		} else {
			snapshot, err = m.end()
		}
		if err != nil {
			err = say(childReply{Error: err.Error()})
		} else {
			err = say(childReply{Usage: &snapshot})
		}
		if err != nil {
			return err
		}
	}
}

// A child is the parent's view of the process.
type child struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	address string
	replies chan childReply
	line    []byte // of its output, so far
	words   *tail
	exited  chan struct{} // closed once the process is gone and its output read
	exit    error
}

func startChild(order childOrder) (host, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(order)
	if err != nil {
		return nil, err
	}
	h := &child{
		cmd:     exec.Command(exe, childArgs(order.Benchmark)...),
		replies: make(chan childReply, 1),
		words:   new(tail),
		exited:  make(chan struct{}),
	}
	h.cmd.Env = append(os.Environ(), childEnv+"="+string(text), fmt.Sprintf("GOMAXPROCS=%d", cmp.Or(len(order.Pin), runtime.GOMAXPROCS(0))))
	h.cmd.Stdout, h.cmd.Stderr = h, h.words
	h.cmd.WaitDelay = time.Second // should a grandchild hold the pipes
	if h.stdin, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := h.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the server process: %w", err)
	}
	go func() {
		h.exit = h.cmd.Wait()
		close(h.exited)
	}()

	reply, err := h.reply()
	if err == nil && reply.Error != "" {
		err = errors.New(reply.Error)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("server process: %w", err), h.close())
	}
	h.address = reply.Addr
	return h, nil
}

// childArgs run the one benchmark, with the flags that the user's own code
// declares as they are here, and none of go test's.
func childArgs(benchmark string) []string {
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

// Write sorts the child's standard output: replies, and words to remember.
func (h *child) Write(p []byte) (int, error) {
	h.line = append(h.line, p...)
	for {
		line, rest, ok := bytes.Cut(h.line, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		h.line = rest
		var r childReply
		if len(line) > 0 && line[0] == '{' && json.Unmarshal(line, &r) == nil {
			select {
			case h.replies <- r:
				continue
			default: // nobody asked
			}
		}
		fmt.Fprintf(h.words, "%s\n", line)
	}
}

func (h *child) reply() (childReply, error) {
	timer := time.NewTimer(childTimeout)
	defer timer.Stop()
	select {
	case r := <-h.replies:
		return r, nil
	case <-h.exited:
		return childReply{}, errors.New(h.obituary())
	case <-timer.C:
		return childReply{}, fmt.Errorf("no word within %v; it said: %s", childTimeout, h.words)
	}
}

func (h *child) begin(counters []string) (usage.Snapshot, error) {
	return h.ask(childRequest{Begin: true, Counters: counters})
}

func (h *child) end() (usage.Snapshot, error) { return h.ask(childRequest{}) }

func (h *child) ask(r childRequest) (usage.Snapshot, error) {
	request, err := json.Marshal(r)
	if err == nil {
		_, err = h.stdin.Write(append(request, '\n'))
	}
	if err != nil {
		return usage.Snapshot{}, fmt.Errorf("asking the server process: %w", err)
	}
	reply, err := h.reply()
	if err == nil && reply.Usage == nil {
		err = errors.New(cmp.Or(reply.Error, "no usage in its answer"))
	}
	if err != nil {
		return usage.Snapshot{}, fmt.Errorf("server process: %w", err)
	}
	return *reply.Usage, nil
}

func (h *child) addr() string          { return h.address }
func (h *child) died() <-chan struct{} { return h.exited }

func (h *child) obituary() string {
	how := "exit status 0"
	if h.exit != nil {
		how = h.exit.Error()
	}
	return fmt.Sprintf("the server process ended with %s; its last words: %s", how, h.words)
}

// close ends the child's standard input and waits for it to exit; a child that
// doesn't is killed, and that is an error.
func (h *child) close() error {
	h.stdin.Close()
	timer := time.NewTimer(closeTimeout)
	defer timer.Stop()
	select {
	case <-h.exited:
		if h.exit != nil {
			return errors.New(h.obituary())
		}
		return nil
	case <-timer.C:
		h.cmd.Process.Kill()
		<-h.exited
		return fmt.Errorf("the server process did not end within %v and was killed; it said: %s", closeTimeout, h.words)
	}
}

// tail keeps the last words written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	const most = 4 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - most; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if words := strings.TrimSpace(string(t.text)); words != "" {
		return words
	}
	return "none"
}
