package contract

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/payload"
)

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{"tcp": true, "h2c": true, "": false, "TCP": false, "tcp-1": false, "a b": false, "a=b": false} {
		if got := ValidName.MatchString(name); got != want {
			t.Errorf("ValidName matches %q: %t, want %t", name, got, want)
		}
	}
}

// plain is a Transport that is not a Describer.
type plain struct{ echo.Transport }

// described is a Describer that always returns the same Description.
type described struct {
	echo.Transport
	d echo.Description
}

func (t described) Describe(int) echo.Description { return t.d }

func TestDescribe(t *testing.T) {
	const workers = 10
	for _, c := range []struct {
		name string
		tr   echo.Transport
		want echo.Description
	}{
		{"not a Describer", plain{}, echo.Description{Clients: 10, Files: 20, ServerFiles: 10, Network: "tcp"}},
		{"zero fields", described{}, echo.Description{Clients: 10, Files: 20, ServerFiles: 10, Network: "tcp"}},
		{"negative fields", described{d: echo.Description{Clients: -1, Files: -1}}, echo.Description{Clients: 10, Files: 20, ServerFiles: 10, Network: "tcp"}},
		{"too many clients", described{d: echo.Description{Clients: 11}}, echo.Description{Clients: 10, Files: 20, ServerFiles: 10, Network: "tcp"}},
		{"shared clients", described{d: echo.Description{Clients: 2}}, echo.Description{Clients: 2, Files: 4, ServerFiles: 2, Network: "tcp"}},
		{
			"a listener",
			described{d: echo.Description{Clients: 3, Files: 7}},
			echo.Description{Clients: 3, Files: 7, ServerFiles: 4, Network: "tcp"},
		},
		{
			"all fields",
			described{d: echo.Description{Clients: 2, Files: 7, ServerFiles: 3, MaxSize: 64, Network: "udp", Settings: "s"}},
			echo.Description{Clients: 2, Files: 7, ServerFiles: 3, MaxSize: 64, Network: "udp", Settings: "s"},
		},
	} {
		if got := Describe(c.tr, workers); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: Describe = %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestVerify(t *testing.T) {
	req := &payload.Payload{Id: 5, Data: []byte("hello"), Timestamp: 1}
	for _, c := range []struct {
		name      string
		reply     *payload.Payload
		everyByte bool
		want      string // a part of the error, or empty for no error
	}{
		{"correct", &payload.Payload{Id: 5, Data: []byte("hello"), Timestamp: 2}, true, ""},
		{"wrong id", &payload.Payload{Id: 4, Data: []byte("hello"), Timestamp: 2}, false, "id 4, want 5"},
		{"wrong length", &payload.Payload{Id: 5, Data: []byte("hell"), Timestamp: 2}, false, "4 bytes of data, want 5"},
		{"no timestamp", &payload.Payload{Id: 5, Data: []byte("hello")}, false, "no timestamp"},
		{"wrong byte", &payload.Payload{Id: 5, Data: []byte("helLo"), Timestamp: 2}, true, "at byte 3 of 5"},
		{"wrong byte of little data", &payload.Payload{Id: 5, Data: []byte("helLo"), Timestamp: 2}, false, "at byte 3 of 5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Verify(req, c.reply, c.everyByte)
			if got := errText(err); c.want == "" && err != nil || !strings.Contains(got, c.want) {
				t.Errorf("Verify: error %q, want one that contains %q", got, c.want)
			}
		})
	}
}

// TestVerifyFindsWrongBits changes single bits of replies whose data is not always
// compared in whole: each of them must be found at the ends, and with some ids in between.
func TestVerifyFindsWrongBits(t *testing.T) {
	for _, size := range []int{1, wholeMax, wholeMax + 1, 4 << 10, 64 << 10} {
		for _, at := range []int{0, size / 3, size / 2, size - 1} {
			req := &payload.Payload{Data: make([]byte, size)}
			reply := &payload.Payload{Data: make([]byte, size), Timestamp: 1}
			reply.Data[at] ^= 4
			const ids = 2000
			found := 0
			for req.Id = range uint64(ids) {
				reply.Id = req.Id
				if err := Verify(req, reply, true); err == nil {
					t.Fatalf("size %d: bit at %d not found although every byte is compared", size, at)
				}
				if Verify(req, reply, false) != nil {
					found++
				}
			}
			want := ids
			if size > wholeMax && at >= endLen && at < size-endLen {
				want = ids * partLen / size / 2
			}
			if found < want {
				t.Errorf("size %d: a wrong bit at %d was found in %d of %d replies, want %d or more", size, at, found, ids, want)
			}
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, size := range []int{64, 256, wholeMax, 4 << 10, 64 << 10} {
		for _, everyByte := range []bool{false, true} {
			b.Run(fmt.Sprintf("size=%dB/every=%t", size, everyByte), func(b *testing.B) {
				req := &payload.Payload{Data: payload.Body(size, 1)}
				reply := &payload.Payload{Data: payload.Body(size, 1), Timestamp: 1}
				for b.Loop() {
					req.Id++
					reply.Id++
					if err := Verify(req, reply, everyByte); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// hanging is a Describer that does not return until it is released.
type hanging struct {
	echo.Transport
	release chan struct{}
}

func (t hanging) Describe(int) echo.Description { <-t.release; return echo.Description{Clients: 1} }

func TestDescribeThatHangs(t *testing.T) {
	tr := hanging{release: make(chan struct{})}
	defer close(tr.release)
	d := describe(tr, 3, time.Millisecond)
	if !errors.Is(d.Unavailable, bound.ErrNoReturn) || d.Clients != 3 {
		t.Errorf("%+v, want a Description for 3 workers that is Unavailable because of %v", d, bound.ErrNoReturn)
	}
}
