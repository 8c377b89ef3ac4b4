package usage

// A Quota is the limit on the processor time of the control group in which this process
// runs, see cgroups(7). The zero Quota stands for no limit, and for one that is not known.
type Quota struct {
	// CPUs is how many processors the processes of the group may keep busy together.
	CPUs float64

	// Periods is in how many periods, which are usually 100 ms long, a process of the
	// group wanted to run, and Throttled in how many of them the group had used up its
	// share of the period, so that its processes waited for the next one.
	Periods, Throttled int

	// Group identifies the group among those of all machines.
	Group string
}

// Since returns q with the numbers of periods since before.
func (q Quota) Since(before Quota) Quota {
	q.Periods -= before.Periods
	q.Throttled -= before.Throttled
	return q
}
