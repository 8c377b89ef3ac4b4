// Package contract contains the parts of the contract in package echo that both
// the benchmark harness and the conformance kit apply: which names are valid,
// what the zero fields of a Description mean, and what a correct reply is.
package contract

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"regexp"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/payload"
)

// ValidName matches the names that a transport may have. A name becomes a part
// of the benchmark's name and a value by which benchstat groups, so it contains
// no character with a meaning there.
var ValidName = regexp.MustCompile(`^[a-z0-9]+$`)

// describeTimeout is how long a Describe may take.
const describeTimeout = 10 * time.Second

// Describe returns tr's Description for the given number of workers, with Clients, Files,
// ServerFiles and Network filled in if they are not set. It works for every Transport,
// whether or not it is a Describer. If tr's Describe does not return, the Description is
// Unavailable, with an error that matches [bound.ErrNoReturn].
func Describe(tr echo.Transport, workers int) echo.Description {
	return describe(tr, workers, describeTimeout)
}

func describe(tr echo.Transport, workers int, timeout time.Duration) (d echo.Description) {
	if tr, ok := tr.(echo.Describer); ok {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		var err error
		f := func() (echo.Description, error) { return tr.Describe(workers), nil }
		if d, err = bound.Value(ctx, 0, f, func(echo.Description) {}); err != nil {
			d.Unavailable = fmt.Errorf("Describe: %w", err)
		}
	}
	if d.Clients <= 0 || d.Clients > workers {
		d.Clients = workers
	}
	if d.Files <= 0 {
		d.Files = 2 * d.Clients
	}
	if d.ServerFiles <= 0 || d.ServerFiles > d.Files {
		d.ServerFiles = d.Files - d.Files/2 // a listener is the server's
	}
	d.Network = cmp.Or(d.Network, "tcp")
	return d
}

// What Verify compares of the data: all of it if it has at most wholeMax bytes. Of longer
// data, it compares endLen bytes at each end and partLen bytes elsewhere.
const (
	wholeMax = 1 << 10
	endLen   = 64
	partLen  = 256
)

// WholeEvery says that in one reply of that many, the workers of a benchmark have Verify
// compare every byte.
const WholeEvery = 64

// Verify checks a reply against its request: the id, the length of the data, that the
// timestamp is set, and the data. If everyByte is true, or if there is little data, it
// compares all of the data, and otherwise both ends and a part whose place differs from
// id to id, because comparing much data takes a large part of the time of an echo.
func Verify(req, reply *payload.Payload, everyByte bool) error {
	switch {
	case reply.Id != req.Id:
		return fmt.Errorf("wrong reply: id %d, want %d", reply.Id, req.Id)
	case len(reply.Data) != len(req.Data):
		return fmt.Errorf("wrong reply: %d bytes of data, want %d", len(reply.Data), len(req.Data))
	case reply.Timestamp == 0:
		return errors.New("wrong reply: no timestamp")
	}
	var same bool
	if n := len(req.Data); everyByte || n <= wholeMax {
		same = bytes.Equal(reply.Data, req.Data)
	} else {
		at := part(req.Id, n)
		same = bytes.Equal(reply.Data[:endLen], req.Data[:endLen]) &&
			bytes.Equal(reply.Data[at:at+partLen], req.Data[at:at+partLen]) &&
			bytes.Equal(reply.Data[n-endLen:], req.Data[n-endLen:])
	}
	if same {
		return nil
	}
	i := 0
	for reply.Data[i] == req.Data[i] {
		i++
	}
	return fmt.Errorf("wrong reply: data differs from the request's at byte %d of %d", i, len(req.Data))
}

// part returns where the part of n bytes begins that is compared for an id. The places of
// successive ids are spread evenly over the data.
func part(id uint64, n int) int {
	const golden = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio
	at, _ := bits.Mul64(id*golden, uint64(n-partLen+1))
	return int(at)
}
