//go:build cgo && !nozmq

package zmqecho

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pebbe/zmq4"
)

// A curveKeys is the key pair of a Transport's servers, in Z85 as libzmq takes
// it. It is made when it is first needed, and is nowhere but in memory.
type curveKeys struct {
	once           sync.Once
	public, secret string
	err            error
}

func (k *curveKeys) get() (public, secret string, err error) {
	k.once.Do(func() { k.public, k.secret, k.err = zmq4.NewCurveKeypair() })
	return k.public, k.secret, k.err
}

// curveOverhead is more than CURVE adds to a message part: the command's name, a
// nonce, flags and an authenticator are 33 bytes (rfc.zeromq.org/spec/26).
const curveOverhead = 64

func setCurveServer(s *zmq4.Socket, secret string) error {
	return errors.Join(s.SetCurveServer(1), s.SetCurveSecretkey(secret))
}

// setCurveClient makes a client's own keys, too: the server asks for some, and
// not whose they are.
func setCurveClient(s *zmq4.Socket, serverKey string) error {
	public, secret, err := zmq4.NewCurveKeypair()
	if err != nil {
		return err
	}
	return s.ClientAuthCurve(serverKey, public, secret)
}

// An address with CURVE is host:port/KEY, where KEY is the server's public key
// in hexadecimal, because Z85 has characters that addresses have, too.
func withKey(addr, public string) string {
	return addr + "/" + hex.EncodeToString([]byte(zmq4.Z85decode(public)))
}

// cutKey is withKey's reverse; public is empty if addr has no key.
func cutKey(addr string) (hostPort, public string, err error) {
	hostPort, text, ok := strings.Cut(addr, "/")
	if !ok {
		return addr, "", nil
	}
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != 32 {
		return "", "", fmt.Errorf("CURVE key %q: want %d hexadecimal digits", text, 2*32)
	}
	return hostPort, zmq4.Z85encode(string(key)), nil
}

// withoutKey is an address to listen on. It may have been a server's before, and
// then has the key that this Transport's servers have.
func (t *Transport) withoutKey(addr string) (hostPort string, err error) {
	hostPort, public, err := cutKey(addr)
	if err != nil || public == "" {
		return hostPort, err
	}
	if own, _, err := t.curve.get(); err != nil || !t.Curve || public != own {
		return "", errors.Join(errors.New("an address with a key that is not this Transport's"), err)
	}
	return hostPort, nil
}
