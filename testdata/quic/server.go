package quic

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"sync"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/echobench/echobench/stream"
)

type server struct {
	socket   net.PacketConn
	listener *quic.Listener
	closing  context.Context
	close    context.CancelFunc
	running  sync.WaitGroup
	once     sync.Once
}

func newServer(socket net.PacketConn, l *quic.Listener) *server {
	s := &server{socket: socket, listener: l}
	s.closing, s.close = context.WithCancel(context.Background())
	s.running.Go(s.accept)
	return s
}

func (s *server) Addr() string { return s.listener.Addr().String() }

func (s *server) accept() {
	for {
		conn, err := s.listener.Accept(s.closing)
		if err != nil {
			return
		}
		s.running.Go(func() {
			defer context.AfterFunc(s.closing, func() { conn.CloseWithError(0, "the server is closed") })()
			defer conn.CloseWithError(0, "")
			if str, err := conn.AcceptStream(s.closing); err == nil {
				stream.Answer(stream.NewFrameCodec(str, maxSize), maxSize)
			}
		})
	}
}

// Close implements echo.Server.
func (s *server) Close() (err error) {
	s.once.Do(func() {
		s.close()
		s.running.Wait()
		s.listener.Close()
		err = s.socket.Close()
	})
	return err
}

// serverTLS returns a configuration with a new certificate that signs itself.
func serverTLS() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}}, NextProtos: []string{"echo"}}, nil
}
