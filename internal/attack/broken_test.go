package attack

import (
	"net"
	"runtime"
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

// A breaker is tcp with another server.
type breaker struct {
	*tcp.Transport
	handle func(net.Conn)
	hangs  bool // whether the server's Close does not return
}

// Listen implements echo.Transport.
func (b *breaker) Listen(addr string) (echo.Server, error) {
	l, err := stream.Listen("breaker", addr)
	if err != nil {
		return nil, err
	}
	srv := stream.Serve(l, b.handle)
	if b.hangs {
		return hangingServer{srv}, nil
	}
	return srv, nil
}

type hangingServer struct{ echo.Server }

func (hangingServer) Close() error { select {} }

// breakers returns the transports that break a promise, by name.
func breakers() map[string]echo.Transport {
	plain := func(c net.Conn) { stream.Answer(stream.NewFrameCodec(c, largest), largest) }
	var writing sync.Mutex
	breaking := func(handle func(net.Conn)) echo.Transport { return &breaker{new(tcp.Transport), handle, false} }
	return map[string]echo.Transport{
		"waits": breaking(func(c net.Conn) {
			stream.Answer(exclusive{stream.NewFrameCodec(c, largest), &writing}, largest)
		}),
		"believes": breaking(func(c net.Conn) {
			stream.Answer(believing{stream.NewFrameCodec(c, largest)}, largest)
		}),
		"leaks": breaking(func(c net.Conn) {
			plain(c)
			go func() { select {} }()
		}),
		"hangs":  &breaker{new(tcp.Transport), plain, true},
		"panics": breaking(func(c net.Conn) { panicOnGarbage(stream.NewFrameCodec(c, largest)) }),
		"keeps":  breaking(plain),
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

// quick are the limits of a trial in a test.
var quick = limits{memory: 256 << 20, attack: 10 * time.Second, hold: 200 * time.Millisecond, wait: 5 * time.Second, leave: time.Second}

// try makes an attack with n clients.
func try(t *testing.T, name string, tg *target, n int, control string, l limits) result {
	t.Helper()
	i := slices.IndexFunc(attacks, func(at attack) bool { return at.name == name })
	r, err := (&trial{&attacks[i], tg, n, control, l}).run()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// startControl starts the server that nobody attacks.
func startControl(t *testing.T) (addr string) {
	t.Helper()
	control, err := child.Start(child.Order{Benchmark: serve, Variant: "tcp"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { control.Close() })
	return control.Addr()
}

// TestBrokenServers: the measurement shows what is wrong with a server, and nothing
// is wrong with one that keeps its promises.
func TestBrokenServers(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the memory of a server is read from /proc, which only Linux has")
	}
	control := startControl(t)
	for _, c := range []struct {
		server, attack string
		n              int
		shows          func(r result) bool
	}{
		{"waits", "unread4MiB", 1, func(r result) bool { return r.unserved }},
		{"believes", "announce", 15, func(r result) bool { return r.held > 50<<20 && r.ended == "" }},
		{"believes", "announce", 100, func(r result) bool { return r.ended == "over 256 MiB" }},
		{"leaks", "storm", 40, func(r result) bool { return r.left != nil && r.left.goroutines >= 20 }},
		{"hangs", "half", 1, func(r result) bool { return r.unclosed == "no return" }},
		{"panics", "garbage", 8, func(r result) bool { return r.ended == "died" && strings.Contains(r.remarks[0], "panic: ") }},
		{"keeps", "announce", 15, func(r result) bool {
			return r.held < 40<<20 && !r.unserved && r.left != nil && r.left.goroutines <= 0 && r.left.files <= 0 && r.closed > 0 && r.remarks == nil
		}},
	} {
		t.Run(c.server, func(t *testing.T) {
			t.Parallel()
			l := quick
			if c.server == "waits" {
				l.wait = time.Second // in vain
			}
			var r result
			for range 5 { // on a busy machine, a trial may see too little
				if r = try(t, c.attack, &target{variant: c.server, wire: framed}, c.n, control, l); c.shows(r) {
					return
				}
			}
			t.Errorf("the result of %s does not show it: %+v", c.attack, r)
		})
	}
}
