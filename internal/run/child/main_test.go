package child

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/floor"
)

// benchmark is the name of the benchmark that the tests' children are asked to run.
const benchmark = "BenchmarkHostile"

func TestMain(m *testing.M) {
	var order assignment
	if json.Unmarshal([]byte(os.Getenv(orderEnv)), &order) == nil && order.Benchmark == benchmark {
		behave(order)
	}
	goleak.VerifyTestMain(m)
}

// behave is the main function of a child, which misbehaves as the name of its
// variant says.
func behave(order assignment) {
	replies := os.NewFile(order.Pipe, "replies")
	if f := before[order.Variant]; f != nil {
		f(replies)
	}
	f, ok := instead[order.Variant]
	if !ok {
		Serve(benchmark, func(string) (echo.Transport, error) { return new(floor.Nop), nil })
	}
	write(replies, reply{Addr: "127.0.0.1:1"})
	requests := json.NewDecoder(os.Stdin)
	for {
		var r request
		if err := requests.Decode(&r); err != nil {
			os.Exit(0)
		}
		f(replies, r)
	}
}

// before is what a child does before it serves.
var before = map[string]func(replies io.WriteCloser){
	"logs": func(io.WriteCloser) {
		for _, line := range []string{`{"level":"info"}`, `{"error":"retrying"}`, `{"addr":"nowhere"}`, `{"usage":{}}`, `{}`, `null`, `[]`} {
			fmt.Println(line)
			fmt.Fprintln(os.Stderr, line)
		}
	},
	"floods": func(io.WriteCloser) {
		text := []byte(strings.Repeat("{", 1<<20))
		for range 100 {
			os.Stdout.Write(text)
		}
	},
	"closes its output": func(io.WriteCloser) {
		os.Stdout.Close()
		os.Stderr.Close()
	},
	"is mute":                func(io.WriteCloser) { time.Sleep(time.Hour) },
	"writes garbage":         func(replies io.WriteCloser) { fmt.Fprintln(replies, "garbage") },
	"answers at length":      func(replies io.WriteCloser) { replies.Write(make([]byte, 10*maxReply)) },
	"closes its replies":     func(replies io.WriteCloser) { replies.Close(); io.Copy(io.Discard, os.Stdin); os.Exit(0) },
	"exits":                  func(io.WriteCloser) { os.Exit(3) },
	"panics":                 func(io.WriteCloser) { panicDeeply(1000) },
	"has a socket":           func(io.WriteCloser) { listenUnix() },
	"leaves a file":          func(io.WriteCloser) { leaveFile() },
	"leaves a file and dies": func(io.WriteCloser) { leaveFile(); kill() },
	"repeats its address": func(replies io.WriteCloser) {
		write(replies, reply{Addr: "127.0.0.1:1"})
	},
}

// listenUnix listens on a socket whose path is as long as package stream makes it.
func listenUnix() {
	l, err := net.Listen("unix", filepath.Join(os.TempDir(), "echobench-4294967295-socket"))
	if err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	l.Close()
}

func leaveFile() {
	if err := os.WriteFile(filepath.Join(os.TempDir(), "file"), nil, 0o666); err != nil {
		panic(err)
	}
}

// kill kills this process.
func kill() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		p.Kill()
	}
	time.Sleep(time.Hour)
}

// panicDeeply panics with a trace that is longer than what is kept of the output.
func panicDeeply(depth int) {
	if depth == 0 {
		panic("the reason of the panic")
	}
	panicDeeply(depth - 1)
}

// instead is what a child does for each request, instead of what Serve does.
var instead = map[string]func(replies io.Writer, r request){
	"answers twice": func(replies io.Writer, r request) {
		var a reply
		a.Number, a.Usage = r.Number, new(meter).answer(request{Begin: true}).Usage
		write(replies, a)
		write(replies, a)
	},
	"answers nothing":       func(io.Writer, request) {},
	"answers without usage": func(replies io.Writer, r request) { write(replies, reply{Number: r.Number}) },
	"answers with an error": func(replies io.Writer, r request) { write(replies, reply{Number: r.Number, Error: "no figures today"}) },
	"exits when asked":      func(io.Writer, request) { os.Exit(3) },
}
