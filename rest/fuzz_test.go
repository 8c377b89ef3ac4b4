package rest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// brokenReader is the end of a body whose client has closed the connection.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// post gives h a request of the given type and announced length, or -1. aborted is
// true if h aborts it without a response, because its body is shorter than announced.
func post(h *handler, kind string, length int64, body []byte) (w *httptest.ResponseRecorder, aborted bool) {
	var r io.Reader = bytes.NewReader(body)
	if length > int64(len(body)) {
		r = io.MultiReader(r, brokenReader{})
	}
	req := httptest.NewRequest(http.MethodPost, path, r)
	req.ContentLength = length
	req.Header.Set("Content-Type", kind)
	w = httptest.NewRecorder()
	defer func() {
		if err := recover(); err != nil {
			if err != http.ErrAbortHandler {
				panic(err)
			}
			aborted = true
		}
	}()
	h.ServeHTTP(w, req)
	return w, false
}

// FuzzHandler gives the server's handler requests as net/http may pass them: any
// type, and a body that is as long as announced, or shorter, or of a length that is not
// announced.
func FuzzHandler(f *testing.F) {
	const limit = 64 << 10
	good := testkit.Encode(f, &payload.Payload{Id: 7, Data: []byte("hello"), Timestamp: 1})
	f.Add(contentType, int64(len(good)), good)
	f.Add(contentType, int64(-1), good)
	f.Add(contentType, int64(len(good)+1), good)
	f.Add(contentType, int64(1)<<62, good)
	f.Add(contentType, int64(limit+payload.Overhead), []byte{})
	f.Add(contentType, int64(-1), make([]byte, limit+payload.Overhead+1))
	f.Add(contentType, int64(6), []byte("\x12\xff\xff\xff\xff\x07"))
	f.Add(contentType+"; x=y", int64(0), []byte{})
	f.Add("text/plain", int64(len(good)), good)
	f.Fuzz(func(t *testing.T, kind string, length int64, body []byte) {
		if length = max(length, -1); length >= 0 && length < int64(len(body)) {
			body = body[:length] // net/http passes no more
		}
		for _, streamed := range []bool{false, true} {
			before := testkit.Allocated()
			w, aborted := post(&handler{limit: limit, streamBodies: streamed}, kind, length, body)
			// The buffer, its data and the recorder's copy of the response are allocated; the
			// factor leaves room for everything else.
			if got := testkit.Allocated() - before; got > 16*limit {
				t.Errorf("%d bytes allocated with a limit of %d", got, limit)
			}
			if aborted && length <= int64(len(body)) {
				t.Error("a request with a whole body was aborted")
			}
			if !aborted {
				checkResponse(t, w, body, limit)
			}
		}
	})
}

// checkResponse checks that a handler echoed the body, or rejected it with one of
// the statuses that the package's documentation lists.
func checkResponse(t *testing.T, w *httptest.ResponseRecorder, body []byte, limit int) {
	t.Helper()
	switch w.Code {
	case http.StatusOK:
		var sent, got payload.Payload
		if err := proto.Unmarshal(body, &sent); err != nil {
			t.Fatalf("echoed a body that is not a Payload: %v", err)
		}
		if err := proto.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("responded with a body that is not a Payload: %v", err)
		}
		if len(got.Data) > limit {
			t.Errorf("echoed %d bytes of data, more than the limit of %d", len(got.Data), limit)
		}
		if got.Id != sent.Id || !bytes.Equal(got.Data, sent.Data) {
			t.Errorf("responded to %v with %v", &sent, &got)
		}
	case 400, 413, 415:
	default:
		t.Errorf("status %d", w.Code)
	}
}
