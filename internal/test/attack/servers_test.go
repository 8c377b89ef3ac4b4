package attack

import (
	"errors"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/run/child"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"github.com/echobench/echobench/tcp"
)

// A breaker is tcp with a faulty server.
type breaker struct {
	tcp.Transport
	read  func(p *payload.Payload, read func(*payload.Payload) error) error // or nil to call read
	write sync.Locker                                                       // held while it writes, or nil
	leaks bool                                                              // it leaks a goroutine for each connection
	hangs bool                                                              // its Close does not return
}

// A brokenCodec is a connection's codec.
type brokenCodec struct {
	stream.Codec
	*breaker
}

func (c brokenCodec) Read(p *payload.Payload) error {
	if c.read == nil {
		return c.Codec.Read(p)
	}
	return c.read(p, c.Codec.Read)
}

func (c brokenCodec) Write(p *payload.Payload) error {
	if c.write != nil {
		c.write.Lock()
		defer c.write.Unlock()
	}
	return c.Codec.Write(p)
}

// Listen implements echo.Transport.
func (b *breaker) Listen(addr string) (echo.Server, error) {
	l, err := stream.Listen("breaker", addr)
	if err != nil {
		return nil, err
	}
	srv := stream.Serve(l, func(c net.Conn) {
		stream.Answer(brokenCodec{stream.NewFrameCodec(c, maxSize), b}, maxSize)
		if b.leaks {
			go func() { select {} }()
		}
	})
	if b.hangs {
		return hangingServer{srv}, nil
	}
	return srv, nil
}

type hangingServer struct{ echo.Server }

func (hangingServer) Close() error { select {} }

// breakers returns transports with faulty servers, and one without a fault, by name.
func breakers() map[string]echo.Transport {
	return map[string]echo.Transport{
		"sound": &breaker{},
		"waits": &breaker{write: new(sync.Mutex)},
		"leaks": &breaker{leaks: true},
		"hangs": &breaker{hangs: true},
		"believes": &breaker{read: func(p *payload.Payload, read func(*payload.Payload) error) error {
			p.Data = slices.Repeat([]byte{1}, maxSize)
			return read(p)
		}},
		"panics": &breaker{read: func(p *payload.Payload, read func(*payload.Payload) error) error {
			err := read(p)
			if errors.Is(err, echo.ErrTooLarge) {
				panic(err)
			}
			return err
		}},
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

// TestBrokenServers checks that the result of an attack shows each fault of a server, and
// no fault of a sound server.
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
		{"believes", "announce", 15, func(r result) bool { return r.held > 50<<20 }},
		{"believes", "announce", 100, func(r result) bool { return r.ended == "over 256 MiB" }},
		{"leaks", "storm", 40, func(r result) bool { return r.left != nil && r.left.goroutines >= 20 }},
		{"hangs", "half", 1, func(r result) bool { return r.unclosed == "no return" }},
		{"panics", "garbage", 8, func(r result) bool { return r.ended == "died" && strings.Contains(r.remarks[0], "panic: ") }},
		{"sound", "announce", 15, func(r result) bool {
			return r.held < 40<<20 && !r.unserved && r.left != nil && r.left.goroutines <= 0 && r.left.files <= 0 && r.closed > 0 && r.remarks == nil
		}},
	} {
		t.Run(c.server, func(t *testing.T) {
			t.Parallel()
			l := quick
			if c.server == "waits" {
				l.wait = time.Second // the others wait in vain
			}
			var r result
			for range 5 { // on a busy machine, a trial may not show the fault
				if r = try(t, c.attack, &target{variant: c.server, wire: framed}, c.n, control, l); c.shows(r) {
					return
				}
			}
			t.Errorf("the result of %s does not show it: %+v", c.attack, r)
		})
	}
}

// TestServers checks that each server serves others while a few clients announce messages
// or send garbage, unless its transport declares that it does not, and that its Close
// returns.
func TestServers(t *testing.T) {
	control := startControl(t)
	for i := range targets {
		tg := &targets[i]
		t.Run(tg.variant, func(t *testing.T) {
			t.Parallel()
			d := contract.Describe(transports()[tg.variant], 1)
			if d.Unavailable != nil {
				t.Skip(d.Unavailable)
			}
			for _, c := range []struct{ attack, rule string }{{"announce", "AnnouncedLength"}, {"garbage", "Garbage"}} {
				declared := slices.ContainsFunc(d.Exceptions, func(e echo.Exception) bool { return e.Rule == c.rule })
				r := try(t, c.attack, tg, 12, control, quick)
				if !declared && (r.unserved || r.ended != "") || r.unclosed != "" {
					t.Errorf("%s: %+v, want that others are served and that Close returns", c.attack, r)
				}
			}
		})
	}
}
