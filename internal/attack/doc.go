// Package attack contains the tests that attack every protocol's server, and that
// point every protocol's client at hostile servers. It has no other code.
//
//	go test -v -run Attack ./internal/attack
//	go test -v -run Attack ./internal/attack -attack.scale 5
//
// docs/reliability.md describes what the tests check and what they found.
package attack
