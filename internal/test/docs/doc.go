// Package docs has tests of the documents: links lead somewhere, what is generated is up
// to date, and what two places say agrees.
//
//	go test ./internal/test/docs -update
//
// writes again what is generated.
package docs
