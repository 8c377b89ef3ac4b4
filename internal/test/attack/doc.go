// Package attack measures what hostile clients do to the server of every protocol, and
// tests that hostile servers do little to every client. It has no other code.
//
//	go test -run '^$' -bench Attack -benchtime 1x ./internal/test/attack
//
// docs/attacks.md describes the attacks and has the table of results.
package attack
