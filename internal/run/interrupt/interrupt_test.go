//go:build unix

package interrupt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// programEnv makes the test binary run one of the programs.
const programEnv = "INTERRUPT_TEST_PROGRAM"

var programs = map[string]func(){
	"cleans up": func() {
		ctx, stop := Watch()
		defer stop()
		fmt.Println("ready")
		<-ctx.Done()
		fmt.Println(context.Cause(ctx))
	},
	"hangs": func() {
		ctx, _ := Watch()
		fmt.Println("ready")
		<-ctx.Done()
		fmt.Println("hanging")
		select {}
	},
	"ignores": func() {
		signal.Ignore(syscall.SIGHUP)
		ctx, stop := Watch()
		defer stop()
		syscall.Kill(os.Getpid(), syscall.SIGHUP)
		fmt.Println("ready")
		<-ctx.Done()
		fmt.Println(context.Cause(ctx))
	},
	"ignores in a context": func() {
		signal.Ignore(syscall.SIGINT)
		ctx, stop := Context(context.Background())
		defer stop()
		syscall.Kill(os.Getpid(), syscall.SIGINT)
		fmt.Println("ready")
		<-ctx.Done()
		fmt.Println(context.Cause(ctx))
	},
	"ignores all": func() {
		signal.Ignore(Signals()...)
		ctx, stop := Context(context.Background())
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		fmt.Println(ctx.Err())
		stop()
		fmt.Println(ctx.Err())
	},
	"handles": func() {
		signal.Notify(make(chan os.Signal, 2), os.Interrupt)
		ctx, stop := Watch()
		fmt.Println("ready")
		<-ctx.Done()
		stop()
		fmt.Println("still here")
	},
}

func TestMain(m *testing.M) {
	if f := programs[os.Getenv(programEnv)]; f != nil {
		f()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func TestProgramsEnd(t *testing.T) {
	for _, c := range []struct {
		program string
		signals []syscall.Signal // sent when the next line has been read
		lines   []string
		status  string
	}{
		{"cleans up", []syscall.Signal{syscall.SIGINT}, []string{"ready", "interrupted by a signal: interrupt"}, "signal: interrupt"},
		{"cleans up", []syscall.Signal{syscall.SIGTERM}, []string{"ready", "interrupted by a signal: terminated"}, "signal: terminated"},
		{"cleans up", []syscall.Signal{syscall.SIGHUP}, []string{"ready", "interrupted by a signal: hangup"}, "signal: hangup"},
		{"hangs", []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, []string{"ready", "hanging"}, "signal: interrupt"},
		{"ignores", []syscall.Signal{syscall.SIGINT}, []string{"ready", "interrupted by a signal: interrupt"}, "signal: interrupt"},
		{"ignores in a context", []syscall.Signal{syscall.SIGTERM}, []string{"ready", "terminated signal received"}, ""},
		{"ignores all", []syscall.Signal{0, 0}, []string{"<nil>", "context canceled"}, ""},
		{"handles", []syscall.Signal{syscall.SIGINT}, []string{"ready", "still here"}, ""},
	} {
		t.Run(fmt.Sprint(c.program, c.signals), func(t *testing.T) {
			if signal.Ignored(c.signals[0]) {
				t.Skipf("this process ignores the signal, as after nohup(1), and so do the programs that it starts")
			}
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, os.Args[0])
			cmd.Env = append(os.Environ(), programEnv+"="+c.program)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for i, want := range c.lines {
				if got := readLine(t, out); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				if i < len(c.signals) {
					cmd.Process.Signal(c.signals[i])
				}
			}
			status := ""
			if err := cmd.Wait(); err != nil {
				status = err.Error()
			}
			if status != c.status {
				t.Errorf("ended with %q, want %q", status, c.status)
			}
		})
	}
}

// readLine reads a line and nothing after it.
func readLine(t *testing.T, r io.Reader) string {
	t.Helper()
	var line strings.Builder
	for b := make([]byte, 1); !strings.HasSuffix(line.String(), "\n"); line.Write(b) {
		if _, err := r.Read(b); err != nil {
			t.Fatalf("%v after %q", err, &line)
		}
	}
	return strings.TrimSuffix(line.String(), "\n")
}

func TestWithoutASignal(t *testing.T) {
	ctx, stop := Watch()
	stop()
	var e *Error
	if err := context.Cause(ctx); err == nil || errors.As(err, &e) {
		t.Errorf("the context's cause after stop is %v, want an end without a signal", err)
	}
}
