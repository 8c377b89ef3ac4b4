package rest

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/testkit"
)

// A length alone costs little memory, whether the headers or the body announce it:
// storage grows with what arrives.
func TestAnnouncedLengthCostsLittle(t *testing.T) {
	const limit = 4 << 20
	const most = 512 << 10
	for _, c := range []struct {
		name    string
		handler handler
		length  int64
		body    string
	}{
		{"Content-Length", handler{limit: limit}, limit, "\x12"},
		{"Content-Length, streamed", handler{limit: limit, streamBodies: true}, limit, "\x12"},
		{"length of the data", handler{limit: limit, streamBodies: true}, -1, "\x12\x80\x80\x80\x02x"},
	} {
		r := httptest.NewRequest("POST", "/echo", io.MultiReader(strings.NewReader(c.body), brokenReader{}))
		r.Header.Set("Content-Type", contentType)
		r.ContentLength = c.length
		w := httptest.NewRecorder()
		before := testkit.Allocated()
		c.handler.ServeHTTP(w, r)
		if got := testkit.Allocated() - before; got > most {
			t.Errorf("%s: %d bytes allocated, want at most %d", c.name, got, most)
		}
		if w.Code != 400 {
			t.Errorf("%s: status %d, want 400", c.name, w.Code)
		}
	}
}
