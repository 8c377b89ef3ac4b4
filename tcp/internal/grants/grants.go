// Package grants is flow control by the server for package tcp, in the spirit of Homa
// (Montazeri et al., SIGCOMM 2018): the receiver knows best how much it can take.
//
// A client announces a message of more than [MaxUnannounced] bytes by its length with
// the top bit set, which no length within the limits has. When it is the message's turn,
// in the order of the announcements, the server sends the same 4 bytes back, which is a
// grant. Then the client sends the message as usual. The reply needs no grant, because
// the client that waits for it reads it. A grant ends when the reply has been written or
// the connection is closed. A grant that lasts longer than 250 ms no longer holds up
// other clients.
package grants

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// MaxUnannounced is the length of the longest encoded message that is sent without a
// grant, in bytes.
const MaxUnannounced = 4 << 10

// announced marks a length as an announcement or as a grant.
const announced = 1 << 31

// A clientCodec is the codec of a client. It waits for a grant before it writes a large
// message.
type clientCodec struct{ *pooledCodec }

// NewClientCodec returns the codec of a client's connection. The clients of a Transport
// share buffers.
func NewClientCodec(conn io.ReadWriter, limit payload.Size, buffers *Buffers) stream.Codec {
	return clientCodec{newPooledCodec(conn, limit, buffers)}
}

// Write implements [stream.Codec].
func (c clientCodec) Write(p *payload.Payload) error {
	n := payload.EncodedLen(p)
	if n <= MaxUnannounced {
		return c.pooledCodec.Write(p)
	}
	var b [stream.FrameHeader]byte
	binary.BigEndian.PutUint32(b[:], announced|uint32(n))
	if _, err := c.conn.Write(b[:]); err != nil {
		return err
	}
	if _, err := io.ReadFull(c.r, b[:]); err != nil {
		return err
	}
	switch got := binary.BigEndian.Uint32(b[:]); got {
	case announced | uint32(n):
		return c.pooledCodec.Write(p)
	case stream.FrameRefused:
		return echo.ErrRefused
	default:
		return fmt.Errorf("received %#x instead of a grant for %d bytes", got, n)
	}
}
