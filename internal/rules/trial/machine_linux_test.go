package trial

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/fdlimit"
	"github.com/echobench/echobench/internal/test/broken"
	"github.com/echobench/echobench/tcp"
)

// machineEnv names the fault of the machine in which a child process, which runs
// TestMachineChild, checks a transport that keeps the rules.
const machineEnv = "ECHOBENCH_TEST_MACHINE"

// A machineFault is something that a machine lacks.
type machineFault struct {
	name      string
	transport echo.Transport
	network   bool   // needs a network namespace, in which the loopback interface is down
	up        bool   // the interface is up
	settings  string // a file in /proc/sys/net and its contents
	make      func() error
	want      string // part of the system's error
}

var machineFaults = []machineFault{
	{name: "few descriptors", transport: broken.Healthy(), make: fewDescriptors, want: "too many open files"},
	{name: "no temporary folder", transport: unix, make: func() error { return os.Setenv("TMPDIR", "/dev/null/none") }, want: "/dev/null/none"},
	{name: "loopback down", transport: broken.Healthy(), network: true, want: "network is unreachable"},
	{name: "few ports", transport: broken.Healthy(), network: true, up: true, settings: "ipv4/ip_local_port_range 2000 2003", want: "address"},
	{name: "short backlog", transport: unix, network: true, up: true, settings: "core/somaxconn 1", want: "resource temporarily unavailable"},
}

var unix = &tcp.Transport{Unix: true}

// fewDescriptors limits the descriptors of this process, so that a few are left.
func fewDescriptors() error {
	open, _ := fdlimit.Open()
	limit := syscall.Rlimit{Cur: uint64(open) + 16, Max: uint64(open) + 16}
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}

// prepare makes the fault in this process.
func (f machineFault) prepare() error {
	if f.up {
		if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
	}
	if name, value, ok := strings.Cut(f.settings, " "); ok {
		if err := os.WriteFile(filepath.Join("/proc/sys/net", name), []byte(value), 0o666); err != nil {
			return err
		}
	}
	if f.make != nil {
		return f.make()
	}
	return nil
}

// TestMachineChild prints the result of Quickly in the child processes of TestMachine.
func TestMachineChild(t *testing.T) {
	for _, f := range machineFaults {
		if f.name == os.Getenv(machineEnv) {
			if err := f.prepare(); err != nil {
				fmt.Printf("no such machine: %v\n", err)
				return
			}
			fmt.Printf("result: %v\n", Quickly(f.transport, 5*time.Second))
		}
	}
}

// TestMachine: what a machine lacks is no rule that a transport breaks.
func TestMachine(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range machineFaults {
		t.Run(f.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestMachineChild$", "-test.timeout=1m")
			cmd.Env = append(os.Environ(), machineEnv+"="+f.name)
			if f.network {
				cmd.SysProcAttr = &syscall.SysProcAttr{
					Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
					UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
					GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
				}
			}
			out, err := cmd.CombinedOutput()
			if f.network && err != nil && len(out) == 0 {
				t.Skipf("this machine has no network namespaces for this user: %v", err)
			}
			text := string(out)
			if strings.Contains(text, "no such machine") {
				t.Skip(text)
			}
			if !strings.Contains(text, " was not checked: the machine does not allow this check: ") || !strings.Contains(text, f.want) || strings.Contains(text, "; the rule ") {
				t.Errorf("want that a rule was not checked, with the error %q:\n%s", f.want, text)
			}
		})
	}
}
