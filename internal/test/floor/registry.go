package floor

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/echobench/echobench/stream"
)

// A registry maps addresses to the servers of one process. An address is
// host:port, as for TCP, so that a transport without a network keeps the same
// rules for addresses. The zero value is an empty registry, ready to use. Its
// methods may be called by several goroutines at once.
type registry[S any] struct {
	mu       sync.Mutex
	servers  map[string]S
	lastPort int // the last one chosen for port 0
}

// add registers s and returns its address, in which a port has been chosen if
// addr has none or 0. pkg is the prefix of the error message.
func (r *registry[S]) add(pkg, addr string, s S) (string, error) {
	addr, err := stream.ListenAddr(pkg, addr)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if host, port, _ := net.SplitHostPort(addr); port == "0" {
		r.lastPort++
		addr = net.JoinHostPort(host, strconv.Itoa(r.lastPort))
	}
	if _, ok := r.servers[addr]; ok {
		return "", fmt.Errorf("%s: listen %s: address already in use", pkg, addr)
	}
	if r.servers == nil {
		r.servers = map[string]S{}
	}
	r.servers[addr] = s
	return addr, nil
}

// remove removes the server at addr.
func (r *registry[S]) remove(addr string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.servers, addr)
}

// find returns the server at addr. pkg is the prefix of the error message.
func (r *registry[S]) find(ctx context.Context, pkg, addr string) (S, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.servers[addr]
	switch {
	case ctx.Err() != nil:
		return s, fmt.Errorf("%s: dial %s: %w", pkg, addr, ctx.Err())
	case !ok:
		return s, fmt.Errorf("%s: dial %s: no such server in this process", pkg, addr)
	}
	return s, nil
}
