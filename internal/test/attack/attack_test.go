package attack

import (
	"os"
	"runtime"
	"testing"

	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/run/child"
)

// An attack is something that hostile clients do to a server.
type attack struct {
	name  string
	n     int    // how many clients, connections, pings or streams; see about
	about string // what they do

	// begin attacks and returns when the attack is in place, with everything that it
	// opened still open. An error means that the server did not let it continue.
	begin func(a *assault) error

	// applies reports whether the attack is possible on a target. nil means that it is
	// possible on all.
	applies func(tg *target) bool

	files int // if not 0, the limit on the server's file descriptors
}

// attacks are the rows of the tables.
var attacks = []attack{
	{name: "none", n: 0, about: "no attack: what the other clients alone do", begin: silent},
	{name: "silent", n: 400, about: "connections that send nothing", begin: silent},
	{name: "half", n: 100, about: "connections that send half of a handshake or of the headers", begin: half},
	{name: "announce", n: 100, about: "connections that announce a message of 4 MiB and send 400 B of it", begin: announce},
	{name: "trickle", n: 100, about: "connections whose request of 16 KiB comes byte by byte after its first half", begin: trickle},
	{name: "garbage", n: 100, about: "connections that send up to 64 KiB that are no request", begin: garbage},
	{name: "endless", n: 1, about: "client whose headers (HTTP), type definitions (gob) or message parts (ZeroMQ) never end", begin: endless, applies: canBeEndless},
	{name: "storm", n: 2000, about: "connections that are reset: at once, within a request, or after it", begin: storm},
	{name: "unread64B", n: 1, about: "client that sends up to 1,000,000 requests of 64 B, and never reads", begin: unread(64, 1_000_000)},
	{name: "unread64KiB", n: 1, about: "client that sends up to 20,000 requests of 64 KiB, and never reads", begin: unread(64<<10, 20_000)},
	{name: "unread4MiB", n: 1, about: "client that sends up to 500 requests of 4 MiB, and never reads", begin: unread(maxSize-64, 500)},
	{name: "bomb", n: 1, about: "client that does the same with compressed requests, 4 KiB for each 4 MiB", begin: bomb, applies: decompresses},
	{name: "pings", n: 100_000, about: "pings of HTTP/2 on one connection that never reads (CVE-2019-9512)", begin: pings, applies: isHTTP2},
	{name: "rapidreset", n: 20_000, about: "requests of HTTP/2 that are reset at once, on one connection at a time (CVE-2023-44487)", begin: rapidReset, applies: isHTTP2},
	{name: "endtwice", n: 20_000, about: "requests of HTTP/2 whose streams are ended twice, on one connection at a time", begin: endTwice, applies: isHTTP2},
	{name: "headers", n: 40_000, about: "requests of HTTP/2 that have headers and nothing else, on one connection at a time", begin: bareHeaders, applies: isHTTP2},
	{name: "files", n: 256, about: "connections to a server that may have 128 descriptors", begin: silent, files: 128},
}

func (at *attack) appliesTo(tg *target) bool { return at.applies == nil || at.applies(tg) }

// BenchmarkAttack makes each attack on the server of each target. It reports no ns/op,
// because an iteration takes as long as the attack lasts.
func BenchmarkAttack(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("the memory of a server is read from /proc, which only Linux has")
	}
	control, err := child.Start(child.Order{Benchmark: serve, Variant: "tcp"})
	if err != nil {
		b.Fatal(err)
	}
	defer control.Close()
	all := results{}
	for i := range attacks {
		at := &attacks[i]
		b.Run("attack="+at.name, func(b *testing.B) {
			for j := range targets {
				tg := &targets[j]
				if !at.appliesTo(tg) || contract.Describe(transports()[tg.variant], 1).Unavailable != nil {
					continue
				}
				b.Run("proto="+tg.variant, func(b *testing.B) {
					var r result
					for range b.N {
						if r, err = (&trial{at, tg, at.n, control.Addr(), usual}).run(); err != nil {
							b.Fatal(err)
						}
					}
					r.report(b)
					all[[2]string{at.name, tg.variant}] = r
				})
			}
		})
	}
	if *tableFile != "" {
		if err := os.WriteFile(*tableFile, []byte(all.markdown()), 0o666); err != nil {
			b.Error(err)
		}
	}
}
