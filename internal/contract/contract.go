// Package contract holds what both the benchmark harness and the conformance
// kit derive from the contract in package echo.
package contract

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// ValidName matches the names that a transport may have: a name is a part of a
// benchmark's name and of benchstat's keys.
var ValidName = regexp.MustCompile(`^[a-z0-9]+$`)

// Describe returns tr's Description with Clients and Files filled in.
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
	return d
}

// Verify checks a reply against its request: the id, the length of the data and
// that there is a timestamp. If everyByte is set, it also compares the data.
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
