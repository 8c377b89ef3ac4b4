package units

import (
	"fmt"
	"slices"
	"sync"
)

// printed has the lines that this process has printed.
var printed sync.Map

// Print prints the benchmark format's Unit lines for the units of the set, each
// once in a process. With server, it also prints those of a server in another
// process.
func Print(set Set, server bool) {
	for _, u := range table {
		if u.set&(set|always) != 0 {
			u.print("")
		}
	}
	if !server {
		return
	}
	for _, u := range slices.Concat(table, serverTable) {
		if u.set&(set|always) != 0 && u.value != nil {
			u.print("srv-")
		}
	}
}

// PrintDuel prints the Unit lines for both sides of a duel, each once in a process.
// The ratios have no direction: what is better for one side is worse for the other.
func PrintDuel() {
	for _, u := range Duel {
		unit{name: u.Name, better: u.better}.print("a-")
		unit{name: u.Name, better: u.better}.print("b-")
	}
}

// PrintMaxRate prints the Unit lines of a search for the highest rate, each once in a
// process.
func PrintMaxRate() {
	for _, name := range []string{"max-ops/s", "max-low-ops/s", "max-high-ops/s"} {
		unit{name: name, better: "higher"}.print("")
	}
}

func (u unit) print(prefix string) {
	line := fmt.Sprintf("Unit %s%s better=%s", prefix, u.name, u.better)
	if _, done := printed.LoadOrStore(line, true); !done {
		fmt.Println(line)
	}
}
