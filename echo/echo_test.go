package echo_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/tcp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStartServerClosesTheServer(t *testing.T) {
	var addr string
	t.Run("server", func(t *testing.T) {
		addr = echo.StartServer(t, &tcp.Transport{})
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	})
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Errorf("%s still accepts connections after the test that started the server", addr)
	}
}

// A faulty transport fails to listen, or its server fails to close.
type faulty struct {
	echo.Transport
	listenErr, closeErr error
}

func (faulty) Name() string                                      { return "faulty" }
func (t faulty) Listen(string) (echo.Server, error)              { return faultyServer{t.closeErr}, t.listenErr }
func (faulty) Dial(context.Context, string) (echo.Client, error) { return nil, errors.ErrUnsupported }

type faultyServer struct{ err error }

func (faultyServer) Addr() string   { return "nowhere" }
func (s faultyServer) Close() error { return s.err }

// A recorder is a testing.TB that records failures instead of failing.
type recorder struct {
	testing.TB
	cleanup  []func()
	failures []string
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanup = append(r.cleanup, f) }

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func TestStartServerReportsFailures(t *testing.T) {
	for _, c := range []struct {
		tr   faulty
		want string
	}{
		{faulty{listenErr: errors.New("no port")}, "echo: faulty: listen: no port"},
		{faulty{closeErr: errors.New("no end")}, "echo: faulty: the server's Close: no end"},
	} {
		r := new(recorder)
		done := make(chan struct{})
		go func() {
			defer close(done)
			echo.StartServer(r, c.tr)
		}()
		<-done
		for _, f := range r.cleanup {
			f()
		}
		if got := strings.Join(r.failures, "\n"); got != c.want {
			t.Errorf("reported %q, want %q", got, c.want)
		}
	}
}
