package zmqecho

import (
	"fmt"
	"testing"

	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

func TestAnswer(t *testing.T) {
	const limit = 100
	testkit.TestAnswer(t, limit, func(request []byte) ([]byte, bool) {
		a := answerer{limit: limit}
		answer := a.answer(request)
		return answer, len(answer) > 0
	})
}

// FuzzAnswer also checks that no sequence of requests makes the buffer for answers
// grow far beyond the limit.
func FuzzAnswer(f *testing.F) {
	const limit = 1 << 10
	a := answerer{limit: limit}
	testkit.FuzzAnswer(f, limit, func(request []byte) ([]byte, bool) {
		answer := a.answer(request)
		if most := 2 * (limit + payload.Overhead); cap(a.out) > most {
			panic(fmt.Sprintf("a request of %d bytes made the buffer for answers grow to %d bytes, want at most %d", len(request), cap(a.out), most))
		}
		return answer, len(answer) > 0
	})
}
