// Package grow reads messages whose length the sender has announced into storage
// that grows with what has arrived. An announced length alone therefore costs
// little memory.
package grow

import (
	"io"

	"github.com/echobench/echobench/payload"
)

// First is how much storage a message gets before any of it has arrived, in bytes,
// if it is that long. It is enough for an encoded message with 64 KiB of data.
const First = 64<<10 + payload.Overhead

// ReadFull reads from r until buf holds n bytes, of which the first len(buf) have
// been read before. It returns buf with the bytes that it has read, also after an
// error, which is io.ErrUnexpectedEOF if r ends too early.
//
// If the storage of buf is too small, new storage is First bytes or twice as large
// as what has arrived, whichever is more, but at most n bytes.
func ReadFull(r io.Reader, buf []byte, n int) ([]byte, error) {
	for len(buf) < n {
		if cap(buf) < n && cap(buf) < max(First, 2*len(buf)) {
			buf = append(make([]byte, 0, min(n, max(First, 2*len(buf)))), buf...)
		}
		start := len(buf)
		buf = buf[:min(n, cap(buf))]
		got, err := io.ReadFull(r, buf[start:])
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return buf[:start+got], err
		}
	}
	return buf, nil
}
