package trial

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/echobench/echobench/internal/rules/proxy"
)

// A check is what the Trials of one check share.
type check struct {
	hangs   atomic.Int64 // calls that have hung
	mu      sync.Mutex
	proxies []*proxy.Proxy
	machine error // why the machine does not allow the check; nil if nothing is known
}

func (c *check) add(p *proxy.Proxy) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.proxies = append(c.proxies, p)
}

// A machineError is an error that is known to be of the machine.
type machineError struct{ error }

func (e machineError) Unwrap() error { return e.error }

// machineErrors say that the machine lacks something, whoever needs it.
var machineErrors = []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.ENOSPC}

// A reporter is the T of a Trial. If the machine is the cause of a failure, the reporter
// says so.
type reporter struct {
	T
	trial *Trial
}

func (r *reporter) Error(args ...any) {
	r.Helper()
	r.T.Error(r.explain(fmt.Sprint(args...), args))
}

func (r *reporter) Errorf(format string, args ...any) {
	r.Helper()
	r.T.Error(r.explain(fmt.Sprintf(format, args...), args))
}

func (r *reporter) Fatal(args ...any) {
	r.Helper()
	r.T.Fatal(r.explain(fmt.Sprint(args...), args))
}

func (r *reporter) Fatalf(format string, args ...any) {
	r.Helper()
	r.T.Fatal(r.explain(fmt.Sprintf(format, args...), args))
}

// explain returns the text of a failure, with the machine's error if there is one. It
// looks for it at once, before the check closes anything.
func (r *reporter) explain(failure string, args []any) string {
	c := r.trial.check
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.machine == nil {
		c.machine = r.trial.machineFault(c.proxies, args)
	}
	if c.machine == nil {
		return failure
	}
	return fmt.Sprintf("the machine does not allow this check: %v (%s)", c.machine, failure)
}

// Machine returns the error because of which the check has failed, if that is an error of
// the machine. It says nothing about the transport then.
func (t *Trial) Machine() error {
	t.check.mu.Lock()
	defer t.check.mu.Unlock()
	return t.check.machine
}

// machineFault looks for an error of the machine: among the arguments of a failure, in
// the proxies, and by trying whether the machine can do what checks need.
func (t *Trial) machineFault(proxies []*proxy.Proxy, args []any) error {
	for _, arg := range args {
		err, ok := arg.(error)
		if ok && (errors.As(err, new(machineError)) || isMachineError(err)) {
			return err
		}
	}
	for _, p := range proxies {
		if err := p.Err(); isMachineError(err) {
			return err
		}
	}
	switch t.path.network {
	case "tcp", "udp":
		return errors.Join(tryFiles(), tryConnections("tcp", "127.0.0.1:0", 1))
	case "unix":
		return errors.Join(tryFiles(), tryUnix())
	}
	return nil
}

func isMachineError(err error) bool {
	return slices.ContainsFunc(machineErrors, func(target error) bool { return errors.Is(err, target) })
}

// tryFiles opens a few descriptors.
func tryFiles() error {
	for range 8 {
		file, err := os.Open(os.DevNull)
		if err != nil {
			return err
		}
		defer file.Close()
	}
	return nil
}

// tryUnix connects to a socket in a temporary folder. The connections wait in the queue
// of a listener that accepts none, as they do behind a server that is busy.
func tryUnix() error {
	folder, err := os.MkdirTemp("", "try")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	return tryConnections("unix", filepath.Join(folder, "socket"), 32)
}

// tryConnections makes n connections to a listener that accepts none.
func tryConnections(network, addr string, n int) error {
	l, err := net.Listen(network, addr)
	if err != nil {
		return err
	}
	defer l.Close()
	for range n {
		conn, err := net.DialTimeout(network, l.Addr().String(), time.Second)
		if err != nil {
			return err
		}
		defer conn.Close()
	}
	return nil
}
