package testkit

import (
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/rules/proxy"
)

// Proxy starts a proxy in front of the server at backend, and closes it when tb
// ends.
func Proxy(tb testing.TB, backend string) *proxy.Proxy {
	tb.Helper()
	p, err := proxy.Start(backend)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := Within(tb, "the proxy's Close", p.Close); err != nil {
			tb.Errorf("the proxy's Close: %v", err)
		}
	})
	return p
}

// StartProxied starts a server of tr and connects a client to it through a proxy,
// for as long as tb runs.
func StartProxied(tb testing.TB, tr echo.Transport) (echo.Client, *proxy.Proxy) {
	tb.Helper()
	p := Proxy(tb, echo.StartServer(tb, tr))
	return Dial(tb, tr, p.Addr()), p
}
