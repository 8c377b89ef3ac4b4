package rest

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// FuzzHandler gives the server's handler requests as net/http may pass them: any
// method, path and type, and a body that is as long as announced, or shorter, or
// of a length that is not announced.
func FuzzHandler(f *testing.F) {
	const limit = 64 << 10
	good := testkit.Encode(f, &payload.Payload{Id: 7, Data: []byte("hello"), Timestamp: 1})
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
		for _, streamed := range []bool{false, true} {
			r := httptest.NewRequest("POST", "/echo", bytes.NewReader(body))
			r.Method, r.URL.Path, r.ContentLength = method, path, max(length, -1)
			r.Header.Set("Content-Type", kind)
			w := httptest.NewRecorder()
			before := testkit.Allocated()
			(&handler{limit: limit, streamBodies: streamed}).ServeHTTP(w, r)
			// There are a buffer, the data in it and the recorder's copy of the response;
			// the factor leaves room for the rest.
			if got := testkit.Allocated() - before; got > 16*limit {
				t.Errorf("%d bytes allocated with a limit of %d", got, limit)
			}
			checkResponse(t, w, body, limit)
		}
	})
}

// checkResponse checks that a handler echoed the body, or refused it with one of
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
	case 400, 404, 405, 413, 415:
	default:
		t.Errorf("status %d", w.Code)
	}
}

// FuzzDecode compares the decoder with the proto package's.
func FuzzDecode(f *testing.F) {
	good := testkit.Encode(f, &payload.Payload{Id: 7, Data: []byte("hello"), Timestamp: 1})
	f.Add([]byte{})
	f.Add(good)
	f.Add(testkit.Encode(f, fullOf(decodeLimit)))
	f.Add(testkit.Encode(f, fullOf(decodeLimit+1)))
	f.Add(append(bytes.Clone(good), good...))
	f.Add(good[:len(good)-1])
	f.Add([]byte("\x12\xff\xff\xff\xff\x0f"))
	f.Add([]byte("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"))
	f.Add([]byte("\x23\x24"))             // a group
	f.Add([]byte("\x28\xac\x02"))         // an unknown field: a varint
	f.Add([]byte("\x42\x05hello"))        // bytes
	f.Add([]byte("\x35\x01\x00\x00\x00")) // 4 bytes
	f.Add([]byte("\x08\x03"))             // an id of another type
	f.Add([]byte("\x92\x00\x01x"))        // a tag that is longer than necessary
	f.Fuzz(func(t *testing.T, in []byte) {
		got := &payload.Payload{Id: 9, Data: []byte("stale"), Timestamp: 9}
		err := decode(bytes.NewReader(in), got, decodeLimit, nil)
		if most := 2 * decodeLimit; cap(got.Data) > most {
			t.Errorf("%d bytes allocated for data with a limit of %d", cap(got.Data), decodeLimit)
		}
		var want payload.Payload
		wantErr := proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(in, &want)
		switch {
		case err == nil && wantErr != nil:
			t.Errorf("decoded what the proto package rejects: %v", wantErr)
		case err == nil && !proto.Equal(got, &want):
			t.Errorf("got %v, want %v", got, &want)
		case errors.Is(err, echo.ErrTooLarge) && len(in) > decodeLimit, errors.Is(err, errNotPayload) && hasGroup(in):
			// decode is stricter than the proto package
		case err != nil && wantErr == nil:
			t.Errorf("error %v, but the proto package decodes it", err)
		}
	})
}

// hasGroup reports whether a message contains a group.
func hasGroup(in []byte) bool {
	for len(in) > 0 {
		_, kind, n := protowire.ConsumeField(in)
		if n < 0 {
			return false
		}
		if kind == protowire.StartGroupType {
			return true
		}
		in = in[n:]
	}
	return false
}
