package usage

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"
)

// userHZ is the number of ticks a second in /proc/stat. It is the same on every
// platform on which Go runs (see proc(5) and sysconf(_SC_CLK_TCK)).
const userHZ = 100

// ReadMachine reads /proc/stat and getrusage(2).
func ReadMachine() Machine {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Machine{}
	}
	// The first line is: cpu user nice system idle iowait irq softirq steal ...
	// The fields after steal are contained in user and nice (see proc(5)).
	fields := bytes.Fields(text)
	if len(fields) < 9 || string(fields[0]) != "cpu" {
		return Machine{}
	}
	m := Machine{at: time.Now(), tick: time.Second / userHZ, quota: ReadQuota()}
	for i, field := range fields[1:9] {
		ticks, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return Machine{}
		}
		spent := time.Duration(ticks) * m.tick
		m.total += spent
		switch {
		case i < 3:
			m.busy += spent
		case i == 7:
			m.stolen = spent
		}
	}
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var r syscall.Rusage
		if syscall.Getrusage(who, &r) != nil {
			return Machine{}
		}
		m.own += time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	return m
}
