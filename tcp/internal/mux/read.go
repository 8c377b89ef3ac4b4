package mux

import (
	"fmt"
	"io"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/stream"
)

// errRefused is the error of a call that the server has refused.
var errRefused = fmt.Errorf("tcp: %w", echo.ErrRefused)

// maxBatch is how many replies are read before the first is delivered.
const maxBatch = 256

// An arrival is a reply that has been read but not been decoded.
type arrival struct {
	number  uint64
	body    []byte
	refused bool  // the server has refused the request
	call    *call // the call that waits for the reply; nil if there is none
}

// read delivers the replies to their calls until the connection ends. It handles
// the replies that have arrived together in three steps, so that it locks each queue
// once for many of them.
func (m *Client) read() {
	r := newReader(m.wire, m.limit)
	var batch []arrival
	for {
		var err error
		if batch, err = readBatch(r, batch[:0]); err != nil {
			m.fail(err)
			return
		}
		m.match(batch)
		m.deliver(batch)
	}
}

// readBatch waits for a reply and appends it to batch, followed by the replies that it
// can read without waiting, up to maxBatch replies in all.
func readBatch(r *reader, batch []arrival) ([]arrival, error) {
	for {
		number, body, err := r.next()
		switch {
		case err == nil:
			batch = append(batch, arrival{number: number, body: body})
		case err == echo.ErrRefused:
			batch = append(batch, arrival{number: number, refused: true})
		case len(batch) > 0:
			return batch, nil // the next call returns the error
		case err == io.EOF:
			return batch, fmt.Errorf("the server closed the connection: %w", io.ErrUnexpectedEOF)
		default:
			return batch, err
		}
		if len(batch) == maxBatch || !r.ready() {
			return batch, nil
		}
	}
}

// match finds the calls that wait for the replies. It locks a queue once for all
// consecutive replies to its calls: the requests were written queue by queue, and
// the replies mostly arrive in the same order.
func (m *Client) match(batch []arrival) {
	for len(batch) > 0 {
		index := queueOf(batch[0].number)
		n := 1
		for n < len(batch) && queueOf(batch[n].number) == index {
			n++
		}
		if int(index) < len(m.queues) {
			m.queues[index].match(batch[:n])
		}
		batch = batch[n:]
	}
}

// deliver decodes the replies and ends their calls. It discards a reply for which no
// call waits.
func (m *Client) deliver(batch []arrival) {
	for i := range batch {
		a := &batch[i]
		if a.call == nil {
			continue
		}
		if a.refused {
			a.call.end(errRefused)
			continue
		}
		err := stream.DecodeFrame(a.body, a.call.reply)
		if err != nil {
			err = fmt.Errorf("tcp: %w", err)
		}
		a.call.end(err)
		if err != nil {
			m.fail(err)
		}
	}
}
