package echotest

import (
	"bytes"
	"errors"
	"strings"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/payload"
	"google.golang.org/protobuf/proto"
)

// What one Echo does.

func (k *kit) name() {
	name := k.tr.Name()
	if !contract.ValidName.MatchString(name) {
		k.Errorf("Name() = %q", name)
	}
	if again := k.tr.Name(); again != name {
		k.Errorf("Name() = %q, and then %q", name, again)
	}
}

func (k *kit) description() {
	tr, ok := k.tr.(echo.Describer)
	if !ok {
		k.Skip("the transport is no Describer")
	}
	for _, workers := range []int{1, 2, 64, 500} {
		d := tr.Describe(workers)
		if d.Clients < 0 || d.Clients > workers {
			k.Errorf("Describe(%d).Clients = %d, want 0 to %d", workers, d.Clients, workers)
		}
		if d.Files < 0 {
			k.Errorf("Describe(%d).Files = %d, want 0 or more", workers, d.Files)
		}
		if d.MaxSize < 0 {
			k.Errorf("Describe(%d).MaxSize = %d, want 0 or more", workers, int(d.MaxSize))
		}
		if strings.ContainsAny(d.Settings, "\r\n") {
			k.Errorf("Describe(%d).Settings = %q, want one line", workers, d.Settings)
		}
	}
}

func (k *kit) sizes() {
	c := k.dial(k.listen().Addr())
	most := k.maxSize()
	sizes := sizesThrough(most)
	data := payload.Body(most+len(sizes), 1) // once: that is most of the time it takes
	for i, size := range sizes {
		k.mustEcho(c, &payload.Payload{Id: uint64(i), Data: data[i:][:size], Timestamp: 1})
	}
}

// sizesThrough is 0, most, and the powers of two between with their neighbours.
func sizesThrough(most int) []int {
	sizes := []int{0}
	for n := 1; n <= most; n *= 2 {
		for _, size := range []int{n - 1, n, n + 1} {
			if size > sizes[len(sizes)-1] && size < most {
				sizes = append(sizes, size)
			}
		}
	}
	return append(sizes, most)
}

func (k *kit) overLimit() {
	limit := int(contract.Describe(k.tr, 1).MaxSize)
	if limit == 0 {
		k.Skip("the transport names no MaxSize")
	}
	c := k.dial(k.listen().Addr())
	for _, size := range []int{limit + 1, limit + 1 + payload.Overhead} {
		if err := k.echo(k.patient(), c, &payload.Payload{Data: make([]byte, size)}, new(payload.Payload)); !errors.Is(err, echo.ErrTooLarge) {
			k.Fatalf("Echo of %d bytes, MaxSize being %d: error %v, want one that matches ErrTooLarge", size, limit, err)
		}
		k.mustEcho(c, k.request(64))
	}
}

func (k *kit) overLimitUnsent() {
	limit := int(contract.Describe(k.tr, 1).MaxSize)
	if limit < 4096 {
		k.Skipf("MaxSize is %d: too few bytes to be told from those of a ping, or none named", limit)
	}
	_, p, c := k.proxied()
	before := p.Sent()
	k.echo(k.patient(), c, &payload.Payload{Data: make([]byte, limit+1)}, new(payload.Payload))
	if sent := p.Sent() - before; sent > limit {
		k.Errorf("Echo of %d bytes, MaxSize being %d: sent %d bytes", limit+1, limit, sent)
	}
}

func (k *kit) concurrent() {
	const callers = 64
	addr := k.listen().Addr()
	clients := make([]echo.Client, contract.Describe(k.tr, callers).Clients)
	for i := range clients {
		clients[i] = k.dial(addr)
	}
	ctx, most := k.patient(), min(k.maxSize(), 8<<10)
	begin, done := make(chan struct{}), make(chan error, callers)
	for i := range callers {
		go func() {
			<-begin
			var err error
			var reply payload.Payload
			for n := 0; n < 20 && err == nil; n++ {
				req := k.request((977*i + 131*n) % (most + 1))
				if err = clients[i%len(clients)].Echo(ctx, req, &reply); err == nil {
					err = answers(req, &reply)
				}
			}
			done <- err
		}()
	}
	close(begin)
	var errs []error
	for range callers {
		if err := k.within("Echo by one of 64 callers", func() error { return <-done }); err != nil {
			errs = append(errs, err)
		}
	}
	if errs != nil {
		k.Errorf("%d of %d callers on %d clients failed, the first with: %v", len(errs), callers, len(clients), errs[0])
	}
}

func (k *kit) ids() {
	c := k.dial(k.listen().Addr())
	for _, id := range []uint64{1, 0, 1<<64 - 1, 0, 1 << 63, 1<<32 + 1, 1} {
		req := k.request(16)
		req.Id = id
		k.mustEcho(c, req)
	}
}

func (k *kit) timestamps() {
	c := k.dial(k.listen().Addr())
	for _, sent := range []int64{0, 1, -1, 1<<63 - 1, -1 << 63} {
		req := k.request(16)
		req.Timestamp = sent
		k.mustEcho(c, req)
	}
}

func (k *kit) requestUntouched() {
	c := k.dial(k.listen().Addr())
	for _, size := range []int{0, 1, 64, 4096, 64 << 10, k.maxSize() + 1} {
		array := payload.Body(size+16, 1)
		req := &payload.Payload{Id: 1, Data: array[:size], Timestamp: 1}
		wantReq, wantArray := proto.Clone(req), bytes.Clone(array)
		// An error is fine here: the last is too large for most.
		k.echo(k.patient(), c, req, new(payload.Payload))
		if !proto.Equal(req, wantReq) {
			k.Errorf("Echo of %d bytes left the request with id %d, timestamp %d, %d bytes of data; want 1, 1 and the same data", size, req.Id, req.Timestamp, len(req.Data))
		}
		if !bytes.Equal(array[size:], wantArray[size:]) {
			k.Errorf("Echo of %d bytes wrote to the array beyond the request's data", size)
		}
	}
}

func (k *kit) replyOwned() {
	c := k.dial(k.listen().Addr())
	first, second := k.request(4096), k.request(4096)
	var reply, later payload.Payload
	k.mustEchoInto(c, first, &reply)
	want := bytes.Clone(first.Data)
	clear(first.Data)
	if !bytes.Equal(reply.Data, want) {
		k.Fatal("writing to the request's data after Echo changed the reply's")
	}
	k.mustEchoInto(c, second, &later)
	if !bytes.Equal(reply.Data, want) {
		k.Fatal("a later Echo changed an earlier reply's data")
	}
	clear(reply.Data)
	clear(later.Data[:cap(later.Data)])
	k.mustEcho(c, k.request(4096))
}

func (k *kit) replyReuse() {
	c := k.dial(k.listen().Addr())
	most := min(64<<10, k.maxSize())
	var reply payload.Payload
	for _, size := range []int{most, min(16, most), 0, most / 2, most} {
		k.mustEchoInto(c, k.request(size), &reply)
	}
	for _, size := range []int{0, most} {
		req := k.request(size)
		req.Id = 0
		k.mustEchoInto(c, req, &payload.Payload{Id: 1<<64 - 1, Data: payload.Body(2*most+1, 1), Timestamp: -1})
		k.mustEchoInto(c, req, &payload.Payload{Id: 1<<64 - 1, Data: payload.Body(1, 1), Timestamp: 1<<63 - 1})
	}
}
