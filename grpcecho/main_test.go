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

// logged is what grpc says at the severity that it prints unless the
// environment asks for more.
var logged lockedBuffer

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
	// grpc's only logger is global, so the package leaves it alone: a line on
	// standard error in the middle of a benchmark would spoil its result, but none
	// of what the tests do, garbage and closes included, is an error to grpc.
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, &logged))
	goleak.VerifyTestMain(quiet{m})
}

// quiet runs the tests and fails if grpc logged an error.
type quiet struct{ *testing.M }

func (q quiet) Run() int {
	code := q.M.Run()
	logged.mu.Lock()
	defer logged.mu.Unlock()
	if code == 0 && logged.b.Len() > 0 {
		fmt.Fprintf(os.Stderr, "grpc logged:\n%s", &logged.b)
		code = 1
	}
	return code
}
