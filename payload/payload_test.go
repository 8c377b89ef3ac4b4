package payload

import (
	"bytes"
	"compress/flate"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
)

func TestBodyDoesNotCompress(t *testing.T) {
	for _, n := range []int{64, 256, 1024, 4096, 64 << 10} {
		var out bytes.Buffer
		w, err := flate.NewWriter(&out, flate.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(Body(n, 1))
		w.Close()
		if out.Len() < n {
			t.Errorf("a body of %v compresses to %d bytes, want at least %d", Size(n), out.Len(), n)
		}
	}
}

func TestBodyIsDeterministic(t *testing.T) {
	if !bytes.Equal(Body(256, 7), Body(256, 7)) {
		t.Error("two calls with the same size and seed returned different bodies")
	}
	if bytes.Equal(Body(256, 7), Body(256, 8)) {
		t.Error("two seeds gave the same body, want different ones")
	}
	if bytes.Equal(Body(64, 7), Body(65, 7)[:64]) {
		t.Error("a body is the prefix of a longer one, so that a stale reply could be taken for the right one")
	}
	if got := len(Body(0, 1)); got != 0 {
		t.Errorf("len(Body(0, 1)) = %d, want 0", got)
	}
}

func TestEncodedSizeIsFixed(t *testing.T) {
	for _, n := range []int{0, 1, 64, 127, 128, 64 << 10, 4 << 20} {
		small := proto.Size(&Payload{Id: 1, Data: make([]byte, n), Timestamp: 1})
		large := proto.Size(&Payload{Id: ^uint64(0), Data: make([]byte, n), Timestamp: -1})
		if small != large {
			t.Errorf("%v of data: encoded in %d bytes with small integers and in %d with large ones, want the same", Size(n), small, large)
		}
		if large > n+Overhead {
			t.Errorf("%v of data: encoded in %d bytes, want at most %d more than the data", Size(n), large, Overhead)
		}
	}
}

func TestStamp(t *testing.T) {
	p := &Payload{Id: 3, Data: []byte("x"), Timestamp: 1}
	before := time.Now().UnixNano()
	Stamp(p)
	if p.Timestamp < before || p.Id != 3 || string(p.Data) != "x" {
		t.Errorf("after Stamp: %v, want the present time and the same id and data", p)
	}
}
