// Package sleep sleeps more precisely than time.Sleep. On Linux, Go's scheduler waits for
// the network and for timers in whole milliseconds, so that an idle process wakes up
// as much as 1 ms late. A Sleeper is a timer that the scheduler waits for as it waits for
// a connection, and that wakes it at once. It blocks no thread, and, unlike a thread that
// sleeps in a system call, it does not keep a processor from running other goroutines.
package sleep
