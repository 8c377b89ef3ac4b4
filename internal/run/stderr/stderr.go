// Package stderr keeps apart what is written to standard error while package testing
// has begun a result line, because go test merges standard error into standard output,
// and a line with something in the middle cannot be read as a result.
//
// Meanwhile a file takes the place of standard error, for C libraries as well, and its
// text is printed after the line. Nothing is lost if the process ends before, whether by
// a panic, os.Exit, an abort of a C library or SIGKILL: a watchdog then prints the text. It
// is a shell that waits for the end of a pipe that this process holds open.
package stderr
