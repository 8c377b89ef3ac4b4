package grpcecho

import (
	"bytes"
	"fmt"
	"testing"

	"google.golang.org/grpc/encoding"
	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// The two ends may use different codecs.
func TestCodecsMix(t *testing.T) {
	for _, stock := range []bool{false, true} {
		t.Run(fmt.Sprintf("stock codec at the server=%t", stock), func(t *testing.T) {
			srv := listen(t, &Transport{StockCodec: stock})
			testkit.MustEcho(t, testkit.Dial(t, &Transport{StockCodec: !stock}, srv.Addr()), 3, 100)
		})
	}
}

// The codec has the same name as grpc's own, encodes to the same bytes and decodes
// what grpc's own encodes.
func TestCodecEqualsStockCodec(t *testing.T) {
	ours, theirs := encoding.CodecV2(codec{pool: TieredPool()}), encoding.GetCodecV2("proto")
	if got, want := ours.Name(), theirs.Name(); got != want {
		t.Errorf("name %q, want %q", got, want)
	}
	for _, n := range []int{0, 1, 64, 1 << 10, 4 << 10, 32 << 10, 2 << 20} {
		p := &payload.Payload{Id: 1, Data: payload.Body(n, 1), Timestamp: 2}
		got, err := ours.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		want, err := theirs.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Materialize(), want.Materialize()) {
			t.Errorf("%d bytes of data are not encoded as by grpc's codec", n)
		}
		var back payload.Payload
		if err := ours.Unmarshal(want, &back); err != nil || !proto.Equal(&back, p) {
			t.Errorf("%d bytes of data are not decoded to the same Payload: error %v", n, err)
		}
		got.Free()
		want.Free()
	}
}

func TestCodecRefusesOtherTypes(t *testing.T) {
	c := codec{pool: TieredPool()}
	if b, err := c.Marshal("text"); err == nil {
		t.Errorf("a string was encoded to %v, want an error", b)
	}
	if err := c.Unmarshal(nil, "text"); err == nil {
		t.Error("a message was decoded into a string, want an error")
	}
}
