// Package contract contains the parts of the contract in package echo that both
// the benchmark harness and the conformance kit apply: which names are valid,
// what the zero fields of a Description mean, and what a correct reply is.
package contract

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// ValidName matches the names that a transport may have. A name becomes a part
// of the benchmark's name and a value by which benchstat groups, so it contains
// no character with a meaning there.
var ValidName = regexp.MustCompile(`^[a-z0-9]+$`)

// Describe returns tr's Description for the given number of workers, with Clients,
// Files, ServerFiles and Network filled in if they are not set. It works for every
// Transport, whether or not it is a Describer.
func Describe(tr echo.Transport, workers int) echo.Description {
	var d echo.Description
	if tr, ok := tr.(echo.Describer); ok {
		d = tr.Describe(workers)
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

// Verify checks a reply against its request: the id, the length of the data, and
// that the timestamp is set. If everyByte is true, it also compares the data.
func Verify(req, reply *payload.Payload, everyByte bool) error {
	switch {
	case reply.Id != req.Id:
		return fmt.Errorf("wrong reply: id %d, want %d", reply.Id, req.Id)
	case len(reply.Data) != len(req.Data):
		return fmt.Errorf("wrong reply: %d bytes of data, want %d", len(reply.Data), len(req.Data))
	case reply.Timestamp == 0:
		return errors.New("wrong reply: no timestamp")
	case everyByte && !bytes.Equal(reply.Data, req.Data):
		i := 0
		for reply.Data[i] == req.Data[i] {
			i++
		}
		return fmt.Errorf("wrong reply: data differs from the request's at byte %d of %d", i, len(req.Data))
	}
	return nil
}
