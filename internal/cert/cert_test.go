package cert

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A client that trusts the certificate finds its server by every loopback name.
func TestHandshake(t *testing.T) {
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(c.Leaf)
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		near, far := net.Pipe()
		near.SetDeadline(time.Now().Add(10 * time.Second))
		server := make(chan error, 1)
		go func() { server <- tls.Server(far, &tls.Config{Certificates: []tls.Certificate{c}}).Handshake() }()
		err := tls.Client(near, &tls.Config{RootCAs: roots, ServerName: name}).Handshake()
		near.Close()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		<-server // near's Close ends it
		far.Close()
	}
}

func TestEachIsNew(t *testing.T) {
	first, err := New()
	if err != nil {
		t.Fatal(err)
	}
	second, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first.Leaf.RawSubjectPublicKeyInfo, second.Leaf.RawSubjectPublicKeyInfo) {
		t.Error("two certificates have the same key")
	}
	if got := time.Until(first.Leaf.NotAfter); got < time.Hour || got > 25*time.Hour {
		t.Errorf("it is valid for %v more, want a day", got)
	}
}
