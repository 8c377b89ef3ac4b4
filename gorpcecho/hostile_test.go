package gorpcecho

import (
	"bufio"
	"context"
	"encoding/gob"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// serveWire starts a server that answers each request with the responses of the
// function.
func serveWire(t *testing.T, answers func(r wireRequest) []wireResponse) (addr string) {
	t.Helper()
	return testkit.Serve(t, func(conn net.Conn) {
		if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
			return
		}
		d, e := gob.NewDecoder(bufio.NewReader(conn)), gob.NewEncoder(conn)
		for {
			var r wireRequest
			if d.Decode(&r) != nil {
				return
			}
			for _, answer := range answers(r) {
				if e.Encode(answer) != nil {
					return
				}
			}
		}
	})
}

// After an answer that gorpc cannot use, every call returns an error, even if its
// context never ends.
func TestUnexpectedAnswers(t *testing.T) {
	ok := testkit.Encode(t, &payload.Payload{Timestamp: 1})
	for _, c := range []struct {
		name    string
		answers func(r wireRequest) []wireResponse
	}{
		{"unknown ID", func(r wireRequest) []wireResponse { return []wireResponse{{r.ID + 1000, ok, ""}} }},
		{"two answers", func(r wireRequest) []wireResponse { return []wireResponse{{r.ID, ok, ""}, {r.ID, ok, ""}} }},
		{"thousands of unknown IDs", func(r wireRequest) []wireResponse {
			many := make([]wireResponse, 2*sharedPending)
			for i := range many {
				many[i] = wireResponse{r.ID + uint64(i) + 1, ok, ""}
			}
			return many
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := testkit.Dial(t, &Transport{}, serveWire(t, c.answers))
			var err error
			for range 4 { // the first answer may be good
				err = testkit.Within(t, "Echo", func() error { return client.Echo(context.Background(), &payload.Payload{}, new(payload.Payload)) })
			}
			if err == nil || !strings.Contains(err.Error(), "connection lost") {
				t.Errorf("error %v, want one that says that the connection was lost", err)
			}
		})
	}
}

// A server that does not compress closes the connection of a client that does.
func TestCompressionRefused(t *testing.T) {
	addr := StartServer(t)
	err := testkit.Echo(t.Context(), testkit.Dial(t, &Transport{Compress: true}, addr), 1, 64)
	if err == nil || !strings.Contains(err.Error(), "Compress") {
		t.Errorf("error %v, want one that mentions Compress", err)
	}
	testkit.MustEcho(t, testkit.Dial(t, &Transport{}, addr), 2, 64)
}
