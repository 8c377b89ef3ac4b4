package grpcecho

import (
	"bytes"
	"testing"

	"github.com/echobench/echobench/payload"
	"google.golang.org/grpc/encoding"
	"google.golang.org/protobuf/proto"
)

// Either end may have either codec.
func TestCodecsMix(t *testing.T) {
	for _, stockServer := range []bool{false, true} {
		srv := listenAndServe(t, &Transport{StockCodec: stockServer})
		c, err := (&Transport{StockCodec: !stockServer}).Dial(bounded(t), srv.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		req, reply := &payload.Payload{Id: 3, Data: payload.Body(100, 1)}, new(payload.Payload)
		if err := c.Echo(bounded(t), req, reply); err != nil || reply.Id != req.Id || !bytes.Equal(reply.Data, req.Data) {
			t.Errorf("stock codec at the server %t, at the client %t: %v, %v", stockServer, !stockServer, reply, err)
		}
	}
}

// The codec must be grpc's own for whoever reads its bytes.
func TestCodecIsGRPCs(t *testing.T) {
	ours, theirs := encoding.CodecV2(codec{TieredPool()}), encoding.GetCodecV2("proto")
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
			t.Errorf("%d bytes of data: encoded otherwise than by grpc's codec", n)
		}
		var back payload.Payload
		if err := ours.Unmarshal(want, &back); err != nil || !proto.Equal(&back, p) {
			t.Errorf("%d bytes of data: decoded with %v to something else", n, err)
		}
		got.Free()
		want.Free()
	}
	if b, err := ours.Marshal("text"); err == nil {
		t.Errorf("a string was encoded: %v", b)
	}
	if err := ours.Unmarshal(nil, "text"); err == nil {
		t.Error("a string was decoded")
	}
}
