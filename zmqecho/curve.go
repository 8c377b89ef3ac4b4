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

// A curveKeys is the key pair of a Transport's servers, in libzmq's Z85 encoding.
// It is made when it is first needed, and is held in memory only.
type curveKeys struct {
	once           sync.Once
	public, secret string
	err            error
}

func (k *curveKeys) get() (public, secret string, err error) {
	k.once.Do(func() { k.public, k.secret, k.err = zmq4.NewCurveKeypair() })
	return k.public, k.secret, k.err
}

// withKey returns the address of a server with CURVE, which is host:port/KEY. KEY
// is the server's public key in hexadecimal, because Z85 uses characters that also
// occur in addresses.
func withKey(addr, public string) string {
	return addr + "/" + hex.EncodeToString([]byte(zmq4.Z85decode(public)))
}

// cutKey is the reverse of withKey. public is empty if addr has no key.
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

// withoutKey returns the host:port of an address to listen on. The address may be
// that of an earlier server of this Transport, which has the Transport's key.
func (t *Transport) withoutKey(addr string) (hostPort string, err error) {
	hostPort, public, err := cutKey(addr)
	if err != nil || public == "" {
		return hostPort, err
	}
	if own, _, err := t.curve.get(); err != nil || !t.Curve || public != own {
		return "", errors.Join(errors.New("the address has a key that is not this Transport's"), err)
	}
	return hostPort, nil
}

// serverKey splits an address into host:port and the public key of the server. The
// key is that of this Transport's own servers if the address has none.
func (t *Transport) serverKey(addr string) (hostPort, key string, err error) {
	hostPort, key, err = cutKey(addr)
	switch {
	case err != nil:
	case t.Curve && key == "":
		key, _, err = t.curve.get()
	case !t.Curve && key != "":
		err = errors.New("the address has a key, but the Transport is without Curve")
	}
	return hostPort, key, err
}
