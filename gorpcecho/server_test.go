package gorpcecho

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

func TestListenAddressInUse(t *testing.T) {
	if _, err := new(Transport).Listen(StartServer(t)); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("error %v, want one that matches EADDRINUSE", err)
	}
}

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

func TestAnswerTellsTheReason(t *testing.T) {
	for _, request := range [][]byte{[]byte("GET / HTTP/1.1\r\n\r\n"), testkit.Encode(t, &payload.Payload{Data: payload.Body(101, 1)})} {
		if reason, ok := answer(request, new(payload.Payload), 100).(string); !ok || reason == "" {
			t.Errorf("the request %.20q was not refused with a reason", request)
		}
	}
}

func TestAnswerUsesTheRequestsStorage(t *testing.T) {
	request := testkit.Encode(t, &payload.Payload{Id: 7, Data: payload.Body(50, 1), Timestamp: 1})
	response := answer(request, new(payload.Payload), 100).([]byte)
	if &response[0] != &request[0] {
		t.Error("the answer is not in the request's storage")
	}
	var p payload.Payload
	if err := payload.Unmarshal(response, &p); err != nil || p.Timestamp <= 1 {
		t.Errorf("the answer has timestamp %d, error %v, want the server's own timestamp", p.Timestamp, err)
	}
}

// Bytes that are not valid requests close their connection at most, and make the
// server allocate little.
func TestHostileBytes(t *testing.T) {
	const limit = 64 << 10
	addr := echo.StartServer(t, &Transport{MaxSize: limit, Compress: true})
	c := testkit.Dial(t, &Transport{MaxSize: limit}, addr)
	testkit.MustEcho(t, c, 1, 64)
	thousands := make([]int, limit/16)
	for i := range thousands {
		thousands[i] = i
	}
	bomb := gobStream(t, wireRequest{1, make([]byte, 64<<20)})
	for _, h := range []struct {
		name   string
		bytes  []byte
		closes bool
	}{
		{"nothing", nil, false},
		{"a handshake for compression and no more", []byte{1}, false},
		{"an unknown handshake", []byte{2, 0, 0}, true},
		{"HTTP", []byte("GET / HTTP/1.1\r\n\r\n"), true},
		{"a length of 1 GiB less a byte", []byte("\x00\xfc\x3f\xff\xff\xff"), true},
		{"the same length, compressed", append([]byte{1}, deflated(t, []byte("\xfc\x3f\xff\xff\xff"))...), true},
		{"not DEFLATE", append([]byte{1}, payload.Body(1000, 1)...), true},
		{"64 MiB of zeros in 64 KiB", append([]byte{1}, deflated(t, bomb)...), true},
		{"a slice that claims 2^28-1 elements", append([]byte{0}, lyingSlice(t)...), true},
		{"a slice of thousands", append([]byte{0}, gobStream(t, wireRequest{1, thousands})...), true},
		{"a truncated request", append([]byte{0}, gobStream(t, wireRequest{1, make([]byte, 1000)})[:500]...), false},
	} {
		before := testkit.Allocated()
		conn := testkit.DialTCP(t, addr)
		conn.Write(h.bytes) // may fail, since the server may have closed the connection
		if h.closes {
			if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
				t.Errorf("%s: the server did not close the connection", h.name)
			}
		}
		testkit.MustEcho(t, c, 2, 64)
		conn.Close()
		testkit.MustEcho(t, c, 3, 64)
		if got := testkit.Allocated() - before; got > 2<<20 { // compression allocates most of it
			t.Errorf("%s: %d bytes were allocated, with a limit of %d", h.name, got, limit)
		}
	}
}

func isTimeout(err error) bool {
	var netErr net.Error
	return errors.As(err, &netErr) && netErr.Timeout()
}
