package compare

import "math/rand/v2"

// An order says in which order the sides run: indices of old, new and placebo.
type order [3]int

// allOrders are the orders of three sides.
var allOrders = [...]order{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}

// orders draws random orders. In six draws each order comes once, so that every
// side is equally often the first, which follows another benchmark.
type orders struct {
	random *rand.Rand
	deck   []order // those that remain of six
}

// newOrders returns the orders of a cell. They depend on the seed and the cell
// alone.
func newOrders(seed uint64, cell int) orders {
	return orders{random: rand.New(rand.NewPCG(^seed, uint64(cell)))}
}

func (o *orders) next() order {
	if len(o.deck) == 0 {
		o.deck = append(o.deck, allOrders[:]...)
		o.random.Shuffle(len(o.deck), func(i, j int) { o.deck[i], o.deck[j] = o.deck[j], o.deck[i] })
	}
	next := o.deck[0]
	o.deck = o.deck[1:]
	return next
}
