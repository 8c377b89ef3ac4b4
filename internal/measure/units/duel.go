package units

// A DuelUnit is a figure of both sides of a duel. Its name gets the prefix a- or b-.
type DuelUnit struct {
	Name   string
	Ratio  string // the unit of the ratio of side A's figure to side B's
	better string // "lower" or "higher"
}

// Duel has the units that a duel compares.
var Duel = []DuelUnit{
	{"ops/s", "ops-ratio", "higher"},
	{"p50-ns", "p50-ratio", "lower"},
	{"p99-ns", "p99-ratio", "lower"},
	{CPUPerOp, "cpu-ratio", "lower"},
}

// CPUPerOp is the unit of the processor time of one echo, in user mode and in the
// kernel together. The kernel measures the sum, and only samples how it divides.
const CPUPerOp = "cpu-ns/op"
