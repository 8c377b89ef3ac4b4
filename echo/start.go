package echo

import (
	"testing"
	"time"
)

// closeTimeout is how long a server's Close may take before StartServer reports
// that it hangs.
const closeTimeout = 10 * time.Second

// StartServer starts tr's echo server on a free port of the loopback interface
// and returns its address. It closes the server when tb ends; a Close that
// returns an error, or that does not return within 10 seconds, fails tb.
func StartServer(tb testing.TB, tr Transport) (addr string) {
	tb.Helper()
	srv, err := tr.Listen("")
	if err != nil {
		tb.Fatalf("echo: %s: listen: %v", tr.Name(), err)
	}
	tb.Cleanup(func() {
		closed := make(chan error, 1)
		go func() { closed <- srv.Close() }()
		timer := time.NewTimer(closeTimeout)
		defer timer.Stop()
		select {
		case err := <-closed:
			if err != nil {
				tb.Errorf("echo: %s: the server's Close: %v", tr.Name(), err)
			}
		case <-timer.C:
			tb.Errorf("echo: %s: the server's Close did not return within %v", tr.Name(), closeTimeout)
		}
	})
	return srv.Addr()
}
