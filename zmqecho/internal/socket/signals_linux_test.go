//go:build cgo && !nozmq

package socket

import (
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/internal/test/zmqtest"
)

// A signal ends a wait, so that the caller can look at its contexts however many
// signals arrive.
func TestSignalEndsWaits(t *testing.T) {
	c := connect(t, testkit.Context(t), zmq4.REQ, zmqtest.StartMute(t).Addr)
	signalThreads(t)
	if err := testkit.Within(t, "the wait for an event", func() error { _, err := c.event(time.Hour); return err }); !Again(err) {
		t.Errorf("the wait for an event: error %v, want one for which Again is true", err)
	}
	if _, err := c.Socket.Send("request", 0); err != nil {
		t.Fatal(err)
	}
	if err := testkit.Within(t, "the wait for a reply", func() error { _, err := c.receive(time.Hour); return err }); !Again(err) {
		t.Errorf("the wait for a reply: error %v, want one for which Again is true", err)
	}
}

// signalThreads sends signals to all threads of this process until t ends. Go's runtime
// ignores a SIGURG that it has not sent itself.
func signalThreads(t *testing.T) {
	t.Helper()
	stop := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
			threads, _ := os.ReadDir("/proc/self/task")
			for _, thread := range threads {
				id, _ := strconv.Atoi(thread.Name())
				syscall.Tgkill(os.Getpid(), id, syscall.SIGURG) // fails if the thread has ended
			}
		}
	})
	t.Cleanup(func() {
		close(stop)
		running.Wait()
	})
}
