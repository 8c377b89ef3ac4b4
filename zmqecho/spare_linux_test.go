//go:build cgo && !nozmq

package zmqecho

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
)

// A spare does not touch a connection that has got the descriptor of another one.
func TestShutDown(t *testing.T) {
	conn := testkit.DialTCP(t, echo.StartServer(t, &Transport{}))
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	peer := netip.MustParseAddrPort(conn.RemoteAddr().String())
	other := netip.AddrPortFrom(peer.Addr(), peer.Port()^1)
	s, err := newSpare()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for _, c := range []struct {
		watched netip.AddrPort
		ended   bool
	}{{other, false}, {peer, true}} {
		if err := raw.Control(func(fd uintptr) { s.shutDown(int(fd), c.watched) }); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte(zmtp[:1])); (err != nil) != c.ended {
			t.Errorf("a connection with %v, when that with %v is to be ended: Write: error %v", peer, c.watched, err)
		}
	}
}

const fewDescriptorsEnv = "ZMQECHO_TEST_FEW_DESCRIPTORS"

// A server that has no descriptor left for a connection closes it, instead of trying
// to accept it again and again, and continues to serve others.
func TestFewDescriptors(t *testing.T) {
	if os.Getenv(fewDescriptorsEnv) != "" {
		serveWithFewDescriptors(t)
		return
	}
	addr := startFewDescriptors(t)
	tr := &Transport{}
	c := testkit.Dial(t, tr, addr)
	testkit.MustEcho(t, c, 1, 64)
	var conns []net.Conn
	for range 100 {
		conns = append(conns, testkit.DialTCP(t, addr))
	}
	for i, conn := range conns { // more than the server has descriptors
		if _, err := conn.Read(make([]byte, 1)); isTimeout(err) { // neither greeted nor closed
			t.Fatalf("the server does not accept connection %d", i)
		}
	}
	testkit.MustEcho(t, c, 2, 64)
	for _, conn := range conns {
		conn.Close()
	}
	ctx := testkit.Context(t)
	for {
		other, err := tr.Dial(ctx, addr)
		if err == nil {
			testkit.MustEcho(t, other, 3, 64)
			other.Close()
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("after all connections were closed: %v", err)
		}
		time.Sleep(time.Millisecond)
	}
}

// startFewDescriptors starts a server in a process of its own and returns its address.
func startFewDescriptors(t *testing.T) (addr string) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*testkit.Hang)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, exe, "-test.run=^TestFewDescriptors$")
	cmd.Env = append(os.Environ(), fewDescriptorsEnv+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	output := bufio.NewReader(stdout)
	t.Cleanup(func() {
		stdin.Close() // ends the process
		rest, _ := io.ReadAll(output)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server: %v\n%s", err, rest)
		}
	})
	addr, err = output.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(addr)
}

// serveWithFewDescriptors prints the address of a server, which it closes when
// standard input ends.
func serveWithFewDescriptors(t *testing.T) {
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64}); err != nil {
		t.Fatal(err)
	}
	fmt.Println(testkit.Listen(t, &Transport{}).Addr())
	io.Copy(io.Discard, os.Stdin)
}
