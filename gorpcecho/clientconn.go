package gorpcecho

import (
	"errors"

	"github.com/echobench/echobench/payload"
)

// A clientConn is a connection of a client.
type clientConn struct {
	conn
	handshake []byte      // what to send in place of gorpc's handshake
	answered  func(n int) // called after n further answers have arrived
	lost      func(error) // called with every error of Read and Write, and at Close
}

// newClientConn returns a clientConn for a connection on which gorpc's client has
// not written the handshake yet. The two functions may be called by several
// goroutines at once.
func newClientConn(s socket, compress bool, limit payload.Size, answered func(int), lost func(error)) *clientConn {
	c := &clientConn{conn: newConn(s, compress, responses, limit), handshake: []byte{plain}, answered: answered, lost: lost}
	if compress {
		c.handshake[0] = compressed
	}
	return c
}

func (c *clientConn) Read(p []byte) (int, error) {
	n, err := c.conn.Read(p)
	if passed := c.in.take(); passed.begun > 0 {
		c.answered(passed.begun)
	}
	return n, c.report(err)
}

func (c *clientConn) Write(p []byte) (int, error) {
	if len(c.handshake) > 0 { // then p is gorpc's handshake
		p, c.handshake = c.handshake, nil
		n, err := c.Conn.Write(p)
		return n, c.report(err)
	}
	n, err := c.conn.Write(p)
	return n, c.report(err)
}

// errDropped is why a connection is lost that gorpc has closed itself.
var errDropped = errors.New("gorpc closed it, as it does after an answer to no request")

// Close reports that the connection is lost, because gorpc does not tell its
// callers, and tries to connect again instead.
func (c *clientConn) Close() error {
	c.lost(errDropped)
	return c.socket.Close()
}

// report calls lost if err is an error, and returns err.
func (c *clientConn) report(err error) error {
	if err != nil {
		c.lost(err)
	}
	return err
}
