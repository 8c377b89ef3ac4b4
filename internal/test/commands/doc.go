// Package commands finds the commands in the documents of this module: README.md,
// docs, CONTRIBUTING.md, SECURITY.md and the indented blocks of Go comments. Its tests
// check that each command parses and that what it names exists. With ECHOBENCH_LONG=1 in
// the environment, a further test runs them, shortened, in a fresh clone:
//
//	ECHOBENCH_LONG=1 go test -run TestCommandsRun -v -timeout 40m ./internal/test/commands
package commands
