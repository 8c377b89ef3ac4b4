package trial

import (
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
	err := r.try(New(nil, broken.Healthy(), time.Second))
	if want := "failed with 7; the rule Example: A sentence."; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if len(cleaned) != 2 || cleaned[0] != "last" || cleaned[1] != "first" {
		t.Errorf("cleaned up %q, want the last and then the first", cleaned)
	}
	skips := Rule{"Example", "A sentence.", func(t *Trial) { t.Skip("not here") }}
	if err := skips.try(New(nil, broken.Healthy(), time.Second)); err != nil {
		t.Errorf("a check that was skipped: %v", err)
	}
}
