package rest

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"runtime/metrics"
	"testing"

	"github.com/echobench/echobench/payload"
	"google.golang.org/protobuf/proto"
)

// allocated is how many bytes the process has allocated so far; small objects
// show up late, large ones at once.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// FuzzHandler feeds the server's handler with requests as net/http may pass
// them: any method, path and type, a body that has the length it says, less, or
// says none.
func FuzzHandler(f *testing.F) {
	const limit = 64 << 10
	good := encode(f, &payload.Payload{Id: 7, Data: []byte("hello"), Timestamp: 1})
	f.Add("POST", "/echo", contentType, int64(len(good)), good)
	f.Add("POST", "/echo", contentType, int64(-1), good)
	f.Add("POST", "/echo", contentType, int64(len(good)+1), good)
	f.Add("POST", "/echo", contentType, int64(1)<<62, good)
	f.Add("POST", "/echo", contentType, int64(limit+payload.Overhead), []byte{})
	f.Add("POST", "/echo", contentType, int64(-1), make([]byte, limit+payload.Overhead+1))
	f.Add("POST", "/echo", contentType, int64(6), []byte("\x12\xff\xff\xff\xff\x07"))
	f.Add("POST", "/echo", contentType+"; x=y", int64(0), []byte{})
	f.Add("POST", "/echo", "text/plain", int64(len(good)), good)
	f.Add("GET", "/echo", "", int64(0), []byte{})
	f.Add("POST", "/", contentType, int64(len(good)), good)
	f.Fuzz(func(t *testing.T, method, path, kind string, length int64, body []byte) {
		if length >= 0 && length < int64(len(body)) {
			body = body[:length] // net/http passes no more
		}
		for _, stream := range []bool{false, true} {
			r := httptest.NewRequest("POST", "/echo", bytes.NewReader(body))
			r.Method, r.URL.Path, r.ContentLength = method, path, max(length, -1)
			r.Header.Set("Content-Type", kind)
			w := httptest.NewRecorder()
			before := allocated()
			(&handler{limit: limit, stream: stream}).ServeHTTP(w, r)
			// A buffer, the data in it, the recorder's copy of the answer; the rest is slack.
			if got := allocated() - before; got > 16*limit {
				t.Errorf("%d bytes allocated with a limit of %d", got, limit)
			}
			switch w.Code {
			case http.StatusOK:
				var sent, got payload.Payload
				if err := proto.Unmarshal(body, &sent); err != nil {
					t.Fatalf("answered what is not a Payload: %v", err)
				}
				if err := proto.Unmarshal(w.Body.Bytes(), &got); err != nil {
					t.Fatalf("answered with what is not a Payload: %v", err)
				}
				if len(got.Data) > limit {
					t.Errorf("answered %d bytes of data, more than the limit of %d", len(got.Data), limit)
				}
				if got.Id != sent.Id || !bytes.Equal(got.Data, sent.Data) {
					t.Errorf("answered %v to %v", &got, &sent)
				}
			case 400, 404, 405, 413, 415:
			default:
				t.Errorf("status %d", w.Code)
			}
		}
	})
}
