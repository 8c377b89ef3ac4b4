// Package attack measures what hostile clients do to the server of every protocol, and
// tests that the clients withstand hostile servers. It contains only tests and
// benchmarks.
//
//	go test -run '^$' -bench Attack -benchtime 1x ./internal/test/attack
//
// docs/attacks.md describes the attacks and has the table of results.
package attack
