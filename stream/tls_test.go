package stream

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"
	"time"
)

// A client that trusts the certificate accepts the server under every loopback name.
func TestServerTLS(t *testing.T) {
	config, err := ServerTLS()
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(config.Certificates[0].Leaf)
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		near, far := net.Pipe()
		near.SetDeadline(time.Now().Add(10 * time.Second))
		server := make(chan error, 1)
		go func() { server <- tls.Server(far, config).Handshake() }()
		err := tls.Client(near, &tls.Config{RootCAs: roots, ServerName: name}).Handshake()
		near.Close()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		<-server // near's Close ends it
		far.Close()
	}
}

func TestEachServerHasItsOwnKey(t *testing.T) {
	var leaves []*x509.Certificate
	for range 2 {
		config, err := ServerTLS()
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, config.Certificates[0].Leaf)
	}
	if bytes.Equal(leaves[0].RawSubjectPublicKeyInfo, leaves[1].RawSubjectPublicKeyInfo) {
		t.Error("two certificates have the same key")
	}
	if left := time.Until(leaves[0].NotAfter); left < time.Hour || left > 25*time.Hour {
		t.Errorf("the certificate is valid for another %v, want a day", left)
	}
}

// ClientTLS accepts a certificate that no authority has signed.
func TestClientTLS(t *testing.T) {
	config, err := ServerTLS()
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	defer far.Close()
	near.SetDeadline(time.Now().Add(10 * time.Second))
	server := make(chan error, 1)
	go func() { server <- tls.Server(far, config).Handshake() }()
	if err := tls.Client(near, ClientTLS()).Handshake(); err != nil {
		t.Errorf("handshake: %v", err)
	}
	near.Close()
	<-server
}
