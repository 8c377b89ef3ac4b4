//go:build cgo && !nozmq

package zmqecho

import (
	"encoding/binary"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// part encodes a part of a message. more says whether another one follows.
func part(body []byte, more bool) []byte {
	const flagMore, flagLong = 1, 2
	b := []byte{0, byte(len(body))}
	if len(body) > 255 {
		b = binary.BigEndian.AppendUint64([]byte{flagLong}, uint64(len(body)))
	}
	if more {
		b[0] |= flagMore
	}
	return append(b, body...)
}

// A connection that sends requests and reads nothing, or that never finishes a
// request, is ended before the server holds much, and the server continues to serve
// others.
func TestHeld(t *testing.T) {
	body := testkit.Encode(t, &payload.Payload{Id: 1, Data: make([]byte, 4<<20-100)})
	whole := string(part(nil, true)) + string(part(body, false))
	for _, c := range []struct {
		name    string
		tr      *Transport
		message string
	}{
		{"unread answers", &Transport{}, whole},
		{"unread answers of workers", &Transport{Workers: 4}, whole},
		{"unread answers with Dealer", &Transport{Dealer: true}, whole},
		{"unread small answers", &Transport{}, strings.Repeat(string(part(nil, true))+string(part(body[:1000], false)), 4000)},
		{"unfinished request", &Transport{}, string(part(nil, true)) + strings.Repeat(string(part(body[:1<<20], true)), 4)},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := echo.StartServer(t, c.tr)
			other := testkit.Dial(t, c.tr, srv)
			conn := shakeHands(t, srv)
			const most = 1 << 30 // generous, as a busy machine may look late
			sent, err := 0, error(nil)
			for n := 0; err == nil && sent < most; sent += n {
				n, err = io.WriteString(conn, c.message)
			}
			if err == nil || isTimeout(err) {
				t.Fatalf("the server has not ended the connection after %d MiB", sent>>20)
			}
			testkit.MustEcho(t, other, 1, 64)
			testkit.MustEcho(t, other, 2, 4<<20)
		})
	}
}

// A Client never has so much in flight that the server ends its connection.
func TestHeldByClients(t *testing.T) {
	for _, tr := range []*Transport{{Dealer: true}, {Dealer: true, Workers: 4, Curve: true}} {
		c := testkit.Start(t, tr)
		var running sync.WaitGroup
		for w := range 10 {
			running.Go(func() {
				if err := testkit.Echo(t.Context(), c, uint64(w), 4<<20); err != nil {
					t.Errorf("Workers %d, Curve %v: %v", tr.Workers, tr.Curve, err)
				}
			})
		}
		running.Wait()
	}
}

// An answer has at least as many bytes as its request, so that an exchange leaves
// nothing that a watcher counts.
func TestAnswersAreNotShorter(t *testing.T) {
	srv := echo.StartServer(t, &Transport{})
	now := time.Now().UnixNano()
	for _, p := range []*payload.Payload{
		{},
		{Id: 1, Data: payload.Body(64, 1)},
		{Id: 1 << 63, Data: payload.Body(200, 1), Timestamp: now},
		{Id: 1, Data: payload.Body(1000, 1), Timestamp: now},
	} {
		conn := shakeHands(t, srv)
		request := append(part(nil, true), part(testkit.Encode(t, p), false)...)
		if _, err := conn.Write(request); err != nil {
			t.Fatal(err)
		}
		if n, err := io.ReadFull(conn, make([]byte, len(request))); err != nil {
			t.Errorf("%d bytes of data: an answer of %d bytes to %d: %v", len(p.Data), n, len(request), err)
		}
	}
}
