package units

// PrintMaxRate prints the Unit lines of a search for the highest rate, each once in a
// process.
func PrintMaxRate() {
	for _, name := range []string{"max-ops/s", "max-low-ops/s", "max-high-ops/s"} {
		unit{name: name, better: "higher"}.print("")
	}
}
