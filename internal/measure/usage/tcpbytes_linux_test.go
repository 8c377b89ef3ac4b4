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
	if moved, ok := TCPBytes().Since(before); !ok || moved != 2*n {
		t.Errorf("both ends of a connection have moved %d bytes (known: %v), want %d", moved, ok, 2*n)
	}
	client.Close()
	if moved, ok := TCPBytes().Since(before); ok {
		t.Errorf("an end of the connection is closed: %d bytes have moved, want it not to be known", moved)
	}
}
