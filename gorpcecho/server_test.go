package gorpcecho

import (
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// answerer returns answer in the form of the tests that all packages share.
func answerer(limit int) testkit.Answerer {
	var p payload.Payload
	return func(request []byte) ([]byte, bool) {
		b, ok := answer(request, &p, payload.Size(limit)).([]byte)
		return b, ok
	}
}

func TestAnswer(t *testing.T) {
	const limit = 100
	testkit.TestAnswer(t, limit, answerer(limit))
}

// FuzzAnswer gives arbitrary bytes to the function that answers requests.
func FuzzAnswer(f *testing.F) {
	const limit = 1 << 10
	testkit.FuzzAnswer(f, limit, answerer(limit))
}

func TestReplyTellsTheReason(t *testing.T) {
	for _, request := range [][]byte{[]byte("GET / HTTP/1.1\r\n\r\n"), testkit.Encode(t, &payload.Payload{Data: payload.Body(101, 1)})} {
		if reason, ok := answer(request, new(payload.Payload), 100).(string); !ok || reason == "" {
			t.Errorf("the request %.20q was not rejected with a reason", request)
		}
	}
}

func TestAnswerUsesTheRequestsStorage(t *testing.T) {
	request := testkit.Encode(t, &payload.Payload{Id: 7, Data: payload.Body(50, 1), Timestamp: 1})
	response := answer(request, new(payload.Payload), 100).([]byte)
	if &response[0] != &request[0] {
		t.Error("the reply is not in the request's storage")
	}
	var p payload.Payload
	if err := payload.Unmarshal(response, &p); err != nil || p.Timestamp <= 1 {
		t.Errorf("the reply has timestamp %d, error %v, want the server's own timestamp", p.Timestamp, err)
	}
}
