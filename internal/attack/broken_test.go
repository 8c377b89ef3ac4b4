package attack

import (
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/child"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"github.com/echobench/echobench/tcp"
)

// A breaker is tcp with a server that breaks a promise.
type breaker struct {
	*tcp.Transport
	handle func(net.Conn)
	close  func() // called by the server's Close
}

// Listen implements echo.Transport.
func (b *breaker) Listen(addr string) (echo.Server, error) {
	l, err := stream.Listen("breaker", addr)
	if err != nil {
		return nil, err
	}
	return &breakingServer{stream.Serve(l, b.handle), b.close}, nil
}

type breakingServer struct {
	*stream.Server
	close func()
}

func (s *breakingServer) Close() error {
	if s.close != nil {
		s.close()
	}
	return s.Server.Close()
}

// breakers returns the transports that break a promise, by name.
func breakers() map[string]echo.Transport {
	plain := func(c net.Conn) { stream.Answer(stream.NewFrameCodec(c, largest), largest) }
	var writing sync.Mutex
	return map[string]echo.Transport{
		"waits": &breaker{new(tcp.Transport), func(c net.Conn) {
			stream.Answer(exclusive{stream.NewFrameCodec(c, largest), &writing}, largest)
		}, nil},
		"believes": &breaker{new(tcp.Transport), func(c net.Conn) {
			stream.Answer(believing{stream.NewFrameCodec(c, largest)}, largest)
		}, nil},
		"leaks": &breaker{new(tcp.Transport), func(c net.Conn) {
			plain(c)
			go func() { select {} }()
		}, nil},
		"hangs":  &breaker{new(tcp.Transport), plain, func() { select {} }},
		"panics": &breaker{new(tcp.Transport), func(c net.Conn) { panicOnGarbage(stream.NewFrameCodec(c, largest)) }, nil},
		"keeps":  &breaker{new(tcp.Transport), plain, nil},
	}
}

// An exclusive codec writes while no other one writes.
type exclusive struct {
	stream.Codec
	writing *sync.Mutex
}

func (e exclusive) Write(p *payload.Payload) error {
	e.writing.Lock()
	defer e.writing.Unlock()
	return e.Codec.Write(p)
}

// A believing codec makes room for every message that is announced.
type believing struct{ stream.Codec }

func (b believing) Read(p *payload.Payload) error {
	p.Data = slices.Repeat([]byte{1}, largest)
	return b.Codec.Read(p)
}

// panicOnGarbage echoes messages, and panics at bytes that are none.
func panicOnGarbage(c stream.Codec) {
	var p payload.Payload
	for {
		switch err := c.Read(&p); {
		case err == nil:
			payload.Stamp(&p)
			c.Write(&p)
		case strings.Contains(err.Error(), "exceeds the limit"):
			panic(err)
		default:
			return
		}
	}
}

// TestAttackIsReported: the attacks find servers that break a promise, and nothing else.
func TestAttackIsReported(t *testing.T) {
	control, err := child.Start(child.Order{Benchmark: serve, Variant: "tcp"})
	if err != nil {
		t.Fatal(err)
	}
	defer control.Close()
	t.Run("breakers", func(t *testing.T) {
		for _, c := range []struct {
			breaker, attack string
			want            string // a part of the complaints, or empty for none
		}{
			{"waits", "unread64B", "others are not served: "},
			{"believes", "announce", "the server holds "},
			{"leaks", "storm", " goroutines and "},
			{"hangs", "half", "Close during the attack: the server process ended with exit status 2"},
			{"panics", "garbage", "panic: "},
			{"keeps", "half", ""},
		} {
			t.Run(c.breaker, func(t *testing.T) {
				t.Parallel()
				i := slices.IndexFunc(attacks, func(at attack) bool { return at.name == c.attack })
				tg := &target{variant: c.breaker, wire: framed, holds: 17}
				at := &attacks[i]
				f := (&trial{at, tg, at.n, control.Addr(), 3 * time.Second}).run(t)
				complaints := strings.Join(f.broken(at.promised(tg, at.n)), "\n")
				if (complaints == "") != (c.want == "") || !strings.Contains(complaints, c.want) {
					t.Errorf("complaints %q, want %q among them", complaints, c.want)
				}
			})
		}
	})
}
