package child

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/echobench/echobench/internal/base/bound"
)

// readReplies sends the replies that r contains, until r ends or the process is
// gone, and then closes the channel. The channel has room for the one reply for
// which somebody waits. A further one waits for the next request, and fails it,
// because its number is wrong.
func readReplies(r io.Reader, replies chan<- reply, gone <-chan struct{}) {
	defer close(replies)
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxReply)
	for lines.Scan() {
		var next reply
		if err := json.Unmarshal(lines.Bytes(), &next); err != nil {
			next = reply{Error: fmt.Sprintf("unreadable reply %.100q: %v", lines.Bytes(), err)}
		}
		if !send(replies, next, gone) {
			return
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		send(replies, reply{Error: fmt.Sprintf("a reply exceeds the limit of %d bytes", maxReply)}, gone)
	}
}

// send sends r, and returns false if that was not possible until the process was
// gone.
func send(replies chan<- reply, r reply, gone <-chan struct{}) (ok bool) {
	select {
	case replies <- r: // even if the process is already gone
		return true
	default:
	}
	select {
	case replies <- r:
		return true
	case <-gone:
		return false
	}
}

// reply waits for the reply with the given number.
func (p *Process) reply(number int) (reply, error) {
	timer := time.NewTimer(p.timeout)
	defer timer.Stop()
	select {
	case r, ok := <-p.replies:
		switch {
		case !ok:
			return r, p.silent()
		case r.NoReturn:
			return r, fmt.Errorf("listen: %w within %v", bound.ErrNoReturn, listenTimeout)
		case r.Error != "":
			return r, errors.New(r.Error)
		case r.Number != number:
			return r, fmt.Errorf("it answered request %d when request %d was asked", r.Number, number)
		}
		return r, nil
	case <-timer.C:
		condition := p.Condition()
		if condition != "" {
			condition = "it " + condition + "; "
		}
		return reply{}, fmt.Errorf("no reply within %v; %sit wrote: %s", p.timeout, condition, p.output)
	}
}

// silent returns why there are no more replies: usually because the child has ended.
func (p *Process) silent() error {
	timer := time.NewTimer(p.timeout / 2)
	defer timer.Stop()
	select {
	case <-p.exited:
		return errors.New(p.HowItEnded())
	case <-timer.C:
		return fmt.Errorf("it has closed the pipe for its replies; it wrote: %s", p.output)
	}
}
