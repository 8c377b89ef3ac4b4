package trial

import (
	"time"

	"github.com/echobench/echobench/internal/base/fdlimit"
	"github.com/echobench/echobench/payload"
)

// noFileLeft counts the file descriptors of this process before and after clients
// and servers were opened and closed.
func noFileLeft(t *Trial) {
	if _, ok := fdlimit.Open(); !ok {
		t.Skip("this system does not list the descriptors of a process")
	}
	rounds := 8
	if t.Quick {
		rounds = 3
	}
	srv := t.Listen()
	useClient := func() {
		c := t.Dial(srv.Addr())
		for _, size := range []int{16, 64 << 10} {
			t.MustEcho(c, t.Request(size))
		}
		t.CloseClient(c)
	}
	t.leavesNoFile("Dial, Echo and Close of a Client", rounds, useClient)
	t.leavesNoFile("Listen and Close of a Server", rounds, func() { t.CloseServer(t.Listen()) })
	t.leavesNoFile("Dial with a cancelled context", rounds, func() { t.TryDial(Cancelled(), srv.Addr()) })
	if t.Quick {
		return
	}
	t.leavesNoFile("Echo with a cancelled context", rounds, func() {
		c := t.Dial(srv.Addr())
		t.Echo(Cancelled(), c, t.Request(16), new(payload.Payload))
		t.CloseClient(c)
	})
	t.CloseServer(srv)
	t.leavesNoFile("Dial to the address of a closed Server", rounds/2, func() { t.TryDial(t.Timeout(10*time.Millisecond), srv.Addr()) })
}

// leavesNoFile calls f once, because a transport may open descriptors once and keep
// them. It then calls f as many times as rounds says, and checks that the descriptors
// that were opened meanwhile are closed soon afterwards.
func (t *Trial) leavesNoFile(what string, rounds int, f func()) {
	t.Helper()
	f()
	t.settle()
	before, _ := fdlimit.Open()
	for range rounds {
		f()
	}
	var after int
	for wait := time.Millisecond; wait < min(Late, t.Hang()); wait *= 2 {
		if after, _ = fdlimit.Open(); after <= before {
			return
		}
		time.Sleep(wait)
	}
	t.Errorf("%s, %d times: %d file descriptors are open, and before there were %d", what, rounds, after, before)
}

// settle waits until descriptors are no longer being closed.
func (t *Trial) settle() {
	if t.Quick {
		return
	}
	n, _ := fdlimit.Open()
	for range 20 {
		time.Sleep(time.Millisecond)
		now, _ := fdlimit.Open()
		if now >= n {
			return
		}
		n = now
	}
}
