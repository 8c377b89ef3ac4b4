//go:build unix

package sample

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/run/link"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/tcp"
	"github.com/echobench/echobench/zmqecho"
)

// TestFilesOfALink: idle clients that take two thirds of the descriptors are too many
// with a link, which has two descriptors for each of them.
func TestFilesOfALink(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	v := echo.Variant{Name: "tcp", Transport: new(tcp.Transport)}
	c := Config{Variant: v, Size: 64, Workers: 2, Link: link.Config{Rate: 1e9}}
	c.Idle = int(min(limit.Cur, 1<<40) / 3)
	d := contract.Describe(c.Variant.Transport, c.Workers)
	err := c.checkFiles(d)
	if err == nil || !strings.HasPrefix(err.Error(), "both ends and the link need ") {
		t.Errorf("%d idle clients and a link, with a limit of %d descriptors: error %v, want one about both ends and the link", c.Idle, limit.Cur, err)
	}
	c.Link = link.Config{}
	if err := c.checkFiles(d); err != nil {
		t.Errorf("%d idle clients, with a limit of %d descriptors: %v", c.Idle, limit.Cur, err)
	}
}

// TestCheckOfTheRulesNeedsDescriptors: without enough of them, libzmq aborts the process.
func TestCheckOfTheRulesNeedsDescriptors(t *testing.T) {
	v := echo.Variant{Name: "zmq", Transport: new(zmqecho.Transport)}
	if err := contract.Describe(v.Transport, 1).Unavailable; err != nil {
		t.Skip(err)
	}
	defer testkit.LimitFiles(t, 80)()
	c := Config{Variant: v, Size: 64, Workers: 1, Stall: 10 * time.Second, Findings: NewFindings(nil)}
	if _, err := Open(t.Context(), c); err == nil || !strings.HasPrefix(err.Error(), "the check of the rules needs ") {
		t.Errorf("80 descriptors: error %v, want that the check of the rules needs more", err)
	}
}
