package echotest

import (
	"bytes"

	"github.com/echobench/echobench/payload"
)

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
