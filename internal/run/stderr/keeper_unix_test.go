//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package stderr

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/internal/base/fdlimit"
)

// programEnv makes the test binary run the program.
const programEnv = "STDERR_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programEnv) != "" {
		program()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// program writes the lines 1 to 8, of which standard error has the even ones.
func program() {
	if r, w, err := os.Pipe(); err == nil { // for which the runtime opens descriptors that it keeps
		r.Close()
		w.Close()
	}
	before, _ := fdlimit.Open()
	for i := range 2 {
		var k Keeper
		for j := range 2 {
			line := 4*i + 2*j + 1
			k.Begin()
			k.Begin()
			fmt.Fprintln(os.Stderr, line+1)
			fmt.Println(line)
			k.End()
			k.End()
		}
		if err := k.Close(); err != nil {
			fmt.Println(err)
		}
	}
	if after, _ := fdlimit.Open(); after > before {
		fmt.Printf("%d descriptors are left\n", after-before)
	}
	fmt.Fprint(os.Stderr, "end")
}

func run(t *testing.T, stdout, stderr *bytes.Buffer, env ...string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), append(env, programEnv+"=1")...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("%v: %s%s", err, stdout, stderr)
	}
}

func TestKeeper(t *testing.T) {
	const stderr = "# stderr: "
	var both bytes.Buffer
	run(t, &both, &both)
	lines := []string{"1", stderr + "2", "3", stderr + "4", "5", stderr + "6", "7", stderr + "8", "end"}
	if got, want := both.String(), strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestKeeperIsNotNeeded: what has a file of its own is not touched, and nothing is lost if
// there is no folder for temporary files.
func TestKeeperIsNotNeeded(t *testing.T) {
	var out, errs bytes.Buffer
	run(t, &out, &errs)
	if got, want := out.String()+errs.String(), "1\n3\n5\n7\n2\n4\n6\n8\nend"; got != want {
		t.Errorf("different files: got\n%s\nwant\n%s", got, want)
	}
	var both bytes.Buffer
	run(t, &both, &both, "TMPDIR=/missing")
	if got, want := both.String(), "2\n1\n4\n3\n6\n5\n8\n7\nend"; got != want {
		t.Errorf("no folder: got\n%s\nwant\n%s", got, want)
	}
}
