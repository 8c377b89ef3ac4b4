package rest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/rawhttp2"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// dialRaw connects a client that does not read the bodies of responses.
func dialRaw(t *testing.T, addr string) *rawhttp2.Conn {
	t.Helper()
	conn := testkit.DialTCP(t, addr)
	conn.SetDeadline(time.Now().Add(5 * testkit.Hang))
	c := rawhttp2.Start(conn)
	t.Cleanup(func() { c.Close() })
	return c
}

// post returns the header fields of an echo whose body has the given length, with a
// further field.
func post(length, more int) []rawhttp2.Field {
	return []rawhttp2.Field{
		{":path", path}, {":authority", "x"}, {"content-type", contentType}, {"content-length", strconv.Itoa(length)}, {"x", strings.Repeat("x", more)},
	}
}

// The memory that one connection of HTTP/2 can make the server hold is bounded,
// whether its client does not read responses or does not finish its requests. Other
// clients are served.
func TestMemoryOfAConnection(t *testing.T) {
	const most = 96 << 20 // 64 MiB, and room for what this process needs besides
	for _, c := range []struct {
		name    string
		streams int
		size    int
		missing int // bytes at the end of each body
		header  int // bytes of a further header
	}{
		{"4 MiB", 50, 4 << 20, 0, 0},
		{"4 MiB, one byte missing", 50, 4 << 20, 1, 0},
		{"64 KiB", 1000, 64 << 10, 0, 0},
		{"64 KiB, one byte missing", 1000, 64 << 10, 1, 0},
		{"64 KiB, large headers, one byte sent", 1000, 64 << 10, 64 << 10, maxHeader - 500},
		{"64 B, large headers", 1000, 64, 0, maxHeader - 500},
	} {
		for _, streamed := range []bool{false, true} {
			tr := &Transport{HTTP2: true, StreamBodies: streamed}
			t.Run(fmt.Sprintf("%s, streamed %t", c.name, streamed), func(t *testing.T) {
				body := testkit.Encode(t, &payload.Payload{Id: 1, Data: payload.Body(c.size, 1)})
				addr := testkit.Listen(t, tr).Addr()
				before := testkit.Held()
				client := dialRaw(t, addr)
				sent := 0
				for sent < c.streams && client.Send(client.Open(post(len(body), c.header)...), body[:max(1, len(body)-c.missing)], c.missing == 0) {
					sent++
				}
				client.AwaitAnswers(sent) // complete ones are answered
				held := int(testkit.Held()) - int(before)
				if held > most {
					t.Errorf("the server holds %d MiB, want %d at most", held>>20, most>>20)
				}
				testkit.MustEcho(t, testkit.Dial(t, tr, addr), 7, 4<<20)
			})
		}
	}
}
