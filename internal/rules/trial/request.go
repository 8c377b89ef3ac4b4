package trial

import (
	"bytes"
	"fmt"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// requestUntouched compares requests with what they were before Echo: at once,
// after many more calls, and after Close.
func requestUntouched(t *Trial) {
	c := t.Dial(t.Listen().Addr())
	sizes, calls := []int{0, 1, 4096, 64 << 10, t.MaxSize() + 1}, 1000
	if t.Quick {
		sizes, calls = []int{0, 64 << 10}, 20
	}
	var sent []*sentRequest
	for _, size := range sizes {
		sent = append(sent, t.send(c, size))
	}
	for range calls {
		sent = append(sent, t.send(c, 64))
	}
	sent = append(sent, t.send(c, 4096))
	t.CloseClient(c)
	time.Sleep(t.quickly(30*time.Millisecond, 7*time.Millisecond)) // a goroutine may still use a request
	for i, s := range sent {
		if err := s.check(); err != nil {
			t.Errorf("Echo, call %d of %d, after later calls and Close: %v", i+1, len(sent), err)
			return
		}
	}
}

// A sentRequest is a request for which Echo has been called. Its data is part of a
// larger array.
type sentRequest struct {
	req         *payload.Payload
	id          uint64
	array, want []byte
}

// send calls Echo and checks that the request remains as it was.
func (t *Trial) send(c echo.Client, size int) *sentRequest {
	t.Helper()
	id := requests.Add(1)
	s := &sentRequest{id: id, array: payload.Body(size+16, id)}
	s.want = bytes.Clone(s.array)
	s.req = &payload.Payload{Id: id, Data: s.array[:size], Timestamp: 1}
	// The error does not matter: one of the sizes exceeds most transports' MaxSize.
	t.Echo(t.LongContext(), c, s.req, new(payload.Payload))
	if err := s.check(); err != nil {
		t.Fatalf("Echo of %d bytes: %v", size, err)
	}
	return s
}

// check compares the request with what it was before Echo.
func (s *sentRequest) check() error {
	size := len(s.want) - 16
	switch {
	case s.req.Id != s.id || s.req.Timestamp != 1 || len(s.req.Data) != size:
		return fmt.Errorf("the request has id %d, timestamp %d and %d bytes of data, want %d, 1 and %d", s.req.Id, s.req.Timestamp, len(s.req.Data), s.id, size)
	case !bytes.Equal(s.req.Data, s.want[:size]) || !bytes.Equal(s.array[:size], s.want[:size]):
		return fmt.Errorf("the %d bytes of the request's data have changed", size)
	case !bytes.Equal(s.array, s.want):
		return fmt.Errorf("the array was changed beyond the %d bytes of the request's data", size)
	}
	return nil
}
