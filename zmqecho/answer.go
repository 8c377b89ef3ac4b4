package zmqecho

import "github.com/echobench/echobench/payload"

// An answerer turns requests into answers, one at a time. It reuses its buffers.
type answerer struct {
	limit   payload.Size
	payload payload.Payload
	out     []byte
}

// answer returns the answer to a request, which is valid until the next call. The
// answer is empty if the request is not a Payload or has more data than the limit.
// Fields of the request that Payload does not have are not echoed.
func (a *answerer) answer(request []byte) []byte {
	if payload.Unmarshal(request, &a.payload) != nil || len(a.payload.Data) > int(a.limit) {
		return nil
	}
	payload.Stamp(&a.payload)
	a.out = payload.Append(a.out[:0], &a.payload)
	return a.out
}
