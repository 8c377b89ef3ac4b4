package echotest

import "go.uber.org/goleak"

func (k *kit) noGoroutineLeft() {
	srv := k.Listen()
	for range 4 {
		c := k.Dial(srv.Addr())
		k.MustEcho(c, k.Request(16))
		k.CloseClient(c)
	}
	k.CloseServer(srv)
	var err error
	for range 3 { // each attempt waits about half a second for goroutines to end
		if err = goleak.Find(k.before); err == nil {
			return
		}
	}
	k.Error(err)
}
