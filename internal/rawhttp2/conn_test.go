package rawhttp2

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A server of net/http receives the whole body, although it cannot send one.
func TestConn(t *testing.T) {
	received := make(chan []byte, 1)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || r.Method != "POST" || r.URL.Path != "/p" || r.Header.Get("name") != "value" {
			t.Errorf("received %s %s with name %q, error %v", r.Method, r.URL, r.Header.Get("name"), err)
		}
		received <- b
		w.Write(b)
	}))
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	defer srv.Close()
	c := Start(testkit.DialTCP(t, srv.Listener.Addr().String()))
	defer c.Close()
	body := bytes.Repeat([]byte("body"), 1<<18) // more than the windows
	if !c.Send(c.Open(Field{":path", "/p"}, Field{":authority", "x"}, Field{"name", "value"}), body, true) {
		t.Error("the server does not take the body")
	}
	if got := testkit.Receive(t, "the request", received); !bytes.Equal(got, body) {
		t.Errorf("received %d bytes, want the %d that were sent", len(got), len(body))
	}
	if !c.AwaitAnswers(1) {
		t.Error("no answer")
	}
	if c.AwaitAnswers(2) {
		t.Error("two answers to one request")
	}
}
