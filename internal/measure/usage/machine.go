package usage

import (
	"math"
	"runtime"
	"time"
)

// A Machine is a reading of how busy the whole machine has been so far.
type Machine struct {
	at     time.Time
	total  time.Duration // processor time since boot, idle or not
	busy   time.Duration // processor time of all processes, in user mode and in the kernel
	stolen time.Duration // processor time that the hypervisor gave to other machines
	own    time.Duration // processor time of this process and of its children that have ended
	tick   time.Duration // resolution of the times of the whole machine; 0 if they are not known
	quota  Quota         // of this process
}

// Others returns the share of the machine's processor time that processes other
// than this one and its children used between before and m. It is a lower bound,
// because interrupts are not counted. The kernel samples what a processor does
// once a tick; ok is false if the share is smaller than the error of so many
// samples, and on platforms where it is not known.
func (m Machine) Others(before Machine) (share float64, ok bool) {
	elapsed := m.at.Sub(before.at) * time.Duration(runtime.NumCPU())
	busy := m.busy - before.busy
	others := busy - (m.own - before.own)
	if m.tick == 0 || before.tick == 0 || elapsed <= 0 || others <= 0 {
		return 0, false
	}
	const sigmas = 3 // of the number of samples that found the machine busy
	deviation := time.Duration(math.Sqrt(float64(busy)/float64(m.tick)) * float64(m.tick))
	return float64(others) / float64(elapsed), others > sigmas*deviation
}

// Quota returns the quota of this process, with the numbers of periods between before
// and m.
func (m Machine) Quota(before Machine) Quota { return m.quota.Since(before.quota) }

// Stolen returns the share of the machine's processor time between before and m
// during which a processor had work but the hypervisor ran something else. If
// before is the zero Machine, the time counts from boot. ok is false on platforms
// where it is not known.
func (m Machine) Stolen(before Machine) (share float64, ok bool) {
	total := m.total - before.total
	if m.tick == 0 || total <= 0 {
		return 0, false
	}
	return float64(m.stolen-before.stolen) / float64(total), true
}
