package echotest

import "go.uber.org/goleak"

func (k *kit) noGoroutineLeft() {
	srv := k.listen()
	for range 4 {
		c := k.dial(srv.Addr())
		k.mustEcho(c, k.request(16))
		k.closeClient(c)
	}
	k.closeServer(srv)
	var err error
	for range 3 { // each attempt waits about half a second for goroutines to end
		if err = goleak.Find(k.before); err == nil {
			return
		}
	}
	k.Error(err)
}
