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
			t.Errorf("a body of %v deflates to %d bytes; want no fewer than %d", Size(n), out.Len(), n)
		}
	}
}

func TestBodyIsDeterministic(t *testing.T) {
	if !bytes.Equal(Body(256, 7), Body(256, 7)) {
		t.Error("the same size and seed gave two bodies")
	}
	if bytes.Equal(Body(256, 7), Body(256, 8)) {
		t.Error("two seeds gave the same body")
	}
	if bytes.Equal(Body(64, 7), Body(65, 7)[:64]) {
		t.Error("a body is the prefix of another: a stale reply could pass for a right one")
	}
	if got := len(Body(0, 1)); got != 0 {
		t.Errorf("len(Body(0)) = %d", got)
	}
}

func TestEncodedSizeIsFixed(t *testing.T) {
	for _, n := range []int{0, 1, 64, 127, 128, 64 << 10, 4 << 20} {
		small := proto.Size(&Payload{Id: 1, Data: make([]byte, n), Timestamp: 1})
		large := proto.Size(&Payload{Id: ^uint64(0), Data: make([]byte, n), Timestamp: -1})
		if small != large {
			t.Errorf("%v: %d bytes with small integers, %d with large ones", Size(n), small, large)
		}
		if large > n+Overhead {
			t.Errorf("%v: encoded in %d bytes, more than %d over its data", Size(n), large, Overhead)
		}
	}
}

func TestStamp(t *testing.T) {
	p := &Payload{Id: 3, Data: []byte("x"), Timestamp: 1}
	before := time.Now().UnixNano()
	Stamp(p)
	if p.Timestamp < before || p.Id != 3 || string(p.Data) != "x" {
		t.Errorf("Stamp changed more than the timestamp, or not to now: %v", p)
	}
}

func TestSizeRoundTrip(t *testing.T) {
	for _, c := range []struct {
		text string
		size Size
	}{
		{"0B", 0}, {"64B", 64}, {"256B", 256}, {"1000B", 1000}, {"1KiB", 1 << 10}, {"1025B", 1025},
		{"4KiB", 4 << 10}, {"64KiB", 64 << 10}, {"4MiB", 4 << 20}, {"1GiB", 1 << 30},
	} {
		if got := c.size.String(); got != c.text {
			t.Errorf("Size(%d).String() = %q, want %q", int(c.size), got, c.text)
		}
		if got, err := ParseSize(c.text); err != nil || got != c.size {
			t.Errorf("ParseSize(%q) = %d, %v, want %d", c.text, got, err, c.size)
		}
	}
	for _, bad := range []string{"", "B", "64", "64KB", "-1B", "+1B", "1.5KiB", "64b", " 64B", "9223372036854775807KiB"} {
		if got, err := ParseSize(bad); err == nil {
			t.Errorf("ParseSize(%q) = %v, want an error", bad, got)
		}
	}
}
