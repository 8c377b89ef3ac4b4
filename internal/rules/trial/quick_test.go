package trial

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/broken"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestQuickly: the tests of the root package run Quickly on broken transports.
func TestQuickly(t *testing.T) {
	for range 5 {
		if err := Quickly(broken.Healthy(), 8*time.Second); err != nil {
			t.Error(err)
		}
	}
}

func TestNotChecked(t *testing.T) {
	for _, c := range []struct {
		tr  echo.Transport
		not bool
	}{{broken.Healthy(), false}, {broken.Opaque(), true}} {
		if got := NotChecked(c.tr); got != "" != c.not {
			t.Errorf("NotChecked = %q, want a reason: %t", got, c.not)
		}
	}
}

// TestHang: after a call has hung, the others have less time.
func TestHang(t *testing.T) {
	tr := New(broken.Healthy(), time.Hour)
	if got := tr.Hang(); got != time.Hour || tr.Hangs() != 0 {
		t.Errorf("%d calls have hung, and a call may take %v; want none and an hour", tr.Hangs(), got)
	}
	hang := func(tr *Trial) {
		Attempt(func(rec T) { tr.With(rec).Within("Echo", func() error { <-t.Context().Done(); return nil }) })
	}
	hang(tr.Patient(time.Millisecond)) // does not count for tr
	if got := tr.Hang(); got != time.Hour {
		t.Errorf("a call may take %v after one of a declared rule has hung, want an hour", got)
	}
	tr.hang = time.Millisecond
	hang(tr)
	tr.hang = time.Hour
	if got := tr.Hang(); got != afterHang || tr.Hangs() != 1 {
		t.Errorf("%d calls have hung, and a call may take %v; want 1 and %v", tr.Hangs(), got, afterHang)
	}
	Attempt(func(rec T) {
		with := tr.With(rec)
		with.hang = time.Millisecond
		<-with.LongContext().Done()
		for tr.Hangs() < 2 {
			time.Sleep(time.Millisecond)
		}
	})
}

// TestRecorder: a failure ends the check, and its clean-up runs to the end.
func TestRecorder(t *testing.T) {
	var cleaned []string
	r := Rule{"Example", "A sentence.", func(t *Trial) {
		t.Cleanup(func() { cleaned = append(cleaned, "first") })
		t.Cleanup(func() { t.Fatal("later") })
		t.Cleanup(func() { cleaned = append(cleaned, "last") })
		t.Fatalf("failed with %d", 7)
		cleaned = append(cleaned, "never")
	}}
	err := r.try(New(broken.Healthy(), time.Second))
	if want := "failed with 7; the rule Example: A sentence."; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if len(cleaned) != 2 || cleaned[0] != "last" || cleaned[1] != "first" {
		t.Errorf("cleaned up %q, want the last and then the first", cleaned)
	}
	skips := Rule{"Example", "A sentence.", func(t *Trial) { t.Skip("not here") }}
	if err := skips.try(New(broken.Healthy(), time.Second)); err != nil {
		t.Errorf("a check that was skipped: %v", err)
	}
}

// A lateListener is a transport whose Listen returns late. Its servers count themselves.
type lateListener struct {
	echo.Transport
	after time.Duration
	open  atomic.Int64
}

func (l *lateListener) Listen(addr string) (echo.Server, error) {
	time.Sleep(l.after)
	srv, err := l.Transport.Listen(addr)
	if err == nil {
		l.open.Add(1)
	}
	return countedServer{srv, &l.open}, err
}

type countedServer struct {
	echo.Server
	open *atomic.Int64
}

func (s countedServer) Close() error {
	s.open.Add(-1)
	return s.Server.Close()
}

// TestServersThatComeLateAreClosed: goleak fails if one of them is not.
func TestServersThatComeLateAreClosed(t *testing.T) {
	l := &lateListener{Transport: broken.Healthy(), after: 100 * time.Millisecond}
	err := Quickly(l, 20*time.Millisecond)
	if err == nil || !strings.HasPrefix(err.Error(), "Listen: no return within ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want one line about Listen", err)
	}
	time.Sleep(2 * l.after)
	if n := l.open.Load(); n != 0 {
		t.Errorf("%d servers are open", n)
	}
}
