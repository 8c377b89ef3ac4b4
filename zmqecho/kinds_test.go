//go:build cgo && !nozmq

package zmqecho

import "testing"

// eachKind runs f as a subtest for each kind of Client, with a new Transport.
func eachKind(t *testing.T, f func(t *testing.T, tr *Transport)) {
	t.Run("blocking", func(t *testing.T) { f(t, &Transport{Block: true}) })
	t.Run("polled", func(t *testing.T) { f(t, &Transport{}) })
	t.Run("dealer", func(t *testing.T) { f(t, &Transport{Dealer: true}) })
}

// eachServer runs f as a subtest for each kind of Client on each kind of server.
func eachServer(t *testing.T, f func(t *testing.T, tr *Transport)) {
	t.Run("REP", func(t *testing.T) { eachKind(t, f) })
	t.Run("workers", func(t *testing.T) {
		eachKind(t, func(t *testing.T, tr *Transport) {
			tr.Workers = 3
			f(t, tr)
		})
	})
	t.Run("ipcCurve", func(t *testing.T) {
		eachKind(t, func(t *testing.T, tr *Transport) {
			tr.Workers, tr.WorkersIPC, tr.Curve = 3, true, true
			f(t, tr)
		})
	})
}
