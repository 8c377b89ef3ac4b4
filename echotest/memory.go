package echotest

import (
	"bytes"

	"github.com/echobench/echobench/payload"
	"google.golang.org/protobuf/proto"
)

func (k *kit) requestUntouched() {
	c := k.Dial(k.Listen().Addr())
	for _, size := range []int{0, 1, 64, 4096, 64 << 10, k.MaxSize() + 1} {
		array := payload.Body(size+16, 1)
		req := &payload.Payload{Id: 1, Data: array[:size], Timestamp: 1}
		wantReq, wantArray := proto.Clone(req), bytes.Clone(array)
		// The error does not matter: the last size exceeds most transports' MaxSize.
		k.Echo(k.LongContext(), c, req, new(payload.Payload))
		if !proto.Equal(req, wantReq) {
			k.Errorf("Echo of %d bytes left the request with id %d, timestamp %d and %d bytes of data; want 1, 1 and the same data", size, req.Id, req.Timestamp, len(req.Data))
		}
		if !bytes.Equal(array[size:], wantArray[size:]) {
			k.Errorf("Echo of %d bytes wrote to the array beyond the request's data", size)
		}
	}
}

func (k *kit) replyOwned() {
	c := k.Dial(k.Listen().Addr())
	first, second := k.Request(4096), k.Request(4096)
	var reply, later payload.Payload
	k.MustEchoInto(c, first, &reply)
	want := bytes.Clone(first.Data)
	clear(first.Data)
	if !bytes.Equal(reply.Data, want) {
		k.Fatal("the reply's data changed when the request's data was overwritten after Echo")
	}
	k.MustEchoInto(c, second, &later)
	if !bytes.Equal(reply.Data, want) {
		k.Fatal("a later Echo changed the data of an earlier reply")
	}
	clear(reply.Data)
	clear(later.Data[:cap(later.Data)])
	k.MustEcho(c, k.Request(4096))
}

func (k *kit) replyReuse() {
	c := k.Dial(k.Listen().Addr())
	largest := min(64<<10, k.MaxSize())
	var reply payload.Payload
	for _, size := range []int{largest, min(16, largest), 0, largest / 2, largest} {
		k.MustEchoInto(c, k.Request(size), &reply)
	}
	for _, size := range []int{0, largest} {
		req := k.Request(size)
		req.Id = 0
		k.MustEchoInto(c, req, &payload.Payload{Id: 1<<64 - 1, Data: payload.Body(2*largest+1, 1), Timestamp: -1})
		k.MustEchoInto(c, req, &payload.Payload{Id: 1<<64 - 1, Data: payload.Body(1, 1), Timestamp: 1<<63 - 1})
	}
}
