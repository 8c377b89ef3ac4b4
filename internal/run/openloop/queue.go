package openloop

// A queue has the free workers that do not wait for an arrival themselves, in the
// order in which they became free.
type queue struct {
	ring         []*Worker
	first, count int
}

// newQueue returns a queue that holds so many workers.
func newQueue(workers int) queue { return queue{ring: make([]*Worker, workers)} }

func (q *queue) empty() bool { return q.count == 0 }

func (q *queue) push(w *Worker) {
	q.ring[(q.first+q.count)%len(q.ring)] = w
	q.count++
}

func (q *queue) pop() *Worker {
	w := q.ring[q.first]
	q.first = (q.first + 1) % len(q.ring)
	q.count--
	return w
}
