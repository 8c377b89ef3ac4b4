package grpcecho

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc/grpclog"
)

// errorLog is what grpc has logged as an error.
var errorLog lockedBuffer

// A lockedBuffer is a buffer that several goroutines may write to at once.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func TestMain(m *testing.M) {
	// grpc has one logger for the whole process, so the package itself leaves it
	// alone. By default it writes errors to standard error, where a line in the
	// middle of a benchmark would spoil the result. The package relies on grpc not
	// logging errors for anything that the tests do, such as sending garbage.
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, &errorLog))
	goleak.VerifyTestMain(quiet{m})
}

// quiet runs the tests and fails if grpc has logged an error.
type quiet struct{ *testing.M }

func (q quiet) Run() int {
	code := q.M.Run()
	errorLog.mu.Lock()
	defer errorLog.mu.Unlock()
	if code == 0 && errorLog.b.Len() > 0 {
		fmt.Fprintf(os.Stderr, "grpc logged errors:\n%s", &errorLog.b)
		code = 1
	}
	return code
}
