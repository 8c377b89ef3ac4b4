package broken

import (
	"encoding/binary"
	"io"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"google.golang.org/protobuf/proto"
)

// The faults of a server's reading. They speak tcp's protocol: a length of 4
// bytes, and as many bytes of protobuf.

// A reader is a server with a faulty way to read requests.
type reader struct {
	net.Listener
	read    func(*reader, net.Conn, *payload.Payload) error
	running sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  []net.Conn
}

func listen(addr string, read func(*reader, net.Conn, *payload.Payload) error) (echo.Server, error) {
	addr, err := stream.ListenAddr("broken", addr)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	r := &reader{Listener: l, read: read}
	r.running.Go(r.accept)
	return r, nil
}

func (r *reader) Addr() string { return r.Listener.Addr().String() }

func (r *reader) Close() error {
	r.end()
	r.running.Wait()
	return nil
}

// end is Close without the wait.
func (r *reader) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.Listener.Close()
	for _, conn := range r.conns {
		conn.Close()
	}
}

func (r *reader) accept() {
	for {
		conn, err := r.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		if r.closed {
			conn.Close()
		}
		r.conns = append(r.conns, conn)
		r.mu.Unlock()
		r.running.Go(func() {
			r.answer(conn)
			conn.Close()
		})
	}
}

func (r *reader) answer(conn net.Conn) {
	var p payload.Payload
	for r.read(r, conn, &p) == nil {
		payload.Stamp(&p)
		out, err := proto.Marshal(&p)
		if err != nil {
			return
		}
		frame := append(binary.BigEndian.AppendUint32(nil, uint32(len(out))), out...)
		if _, err := conn.Write(frame); err != nil {
			return
		}
	}
}

func readLength(conn net.Conn) (int, error) {
	var prefix [4]byte
	_, err := io.ReadFull(conn, prefix[:])
	return int(binary.BigEndian.Uint32(prefix[:])), err
}

func readBody(conn net.Conn, n int, p *payload.Payload) error {
	body := make([]byte, n)
	if _, err := io.ReadFull(conn, body); err != nil {
		return err
	}
	return proto.Unmarshal(body, p)
}

// trustsLength allocates what the length says, or 64 MiB to spare the machine.
func trustsLength(addr string) (echo.Server, error) {
	return listen(addr, func(_ *reader, conn net.Conn, p *payload.Payload) error {
		n, err := readLength(conn)
		if err != nil {
			return err
		}
		return readBody(conn, min(n, 64<<20), p)
	})
}

// diesOfGarbage closes the server on a length over the limit.
func diesOfGarbage(addr string) (echo.Server, error) {
	return listen(addr, func(r *reader, conn net.Conn, p *payload.Payload) error {
		n, err := readLength(conn)
		if err != nil {
			return err
		}
		if n > int(maxSize)+payload.Overhead {
			r.end()
			return io.ErrUnexpectedEOF
		}
		return readBody(conn, n, p)
	})
}

// oneAtATime holds a lock from a request's first byte to its last.
func oneAtATime(addr string) (echo.Server, error) {
	var reading sync.Mutex
	return listen(addr, func(_ *reader, conn net.Conn, p *payload.Payload) error {
		n, err := readLength(conn)
		if err != nil || n > int(maxSize)+payload.Overhead {
			return io.ErrUnexpectedEOF
		}
		reading.Lock()
		defer reading.Unlock()
		return readBody(conn, n, p)
	})
}
