package usage

import (
	"io"
	"net"
	"testing"
)

func TestTCPBytes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	const n = 10_000
	before := TCPBytes()
	client.Write(make([]byte, n))
	if _, err := io.ReadFull(server, make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	if moved := TCPBytes() - before; moved != 2*n {
		t.Errorf("both ends of a connection have moved %d bytes, want %d", moved, 2*n)
	}
}
