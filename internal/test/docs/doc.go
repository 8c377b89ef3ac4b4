// Package docs has tests of the documents: links lead somewhere, what is generated is up
// to date, and what is said twice is equal.
//
//	go test ./internal/test/docs -update
//
// writes again what is generated.
package docs
