package zmqecho

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestVariants(t *testing.T) { testkit.TestVariants(t, "zmq", Variants) }

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		tr   *Transport
		want string
	}{
		{&Transport{MaxSize: -1}, "MaxSize -1"},
		{&Transport{Workers: -1}, "Workers -1"},
		{&Transport{Workers: 1025}, "Workers 1025"},
		{&Transport{WorkersIPC: true}, "WorkersIPC"},
		{&Transport{Conns: -2}, "Conns -2"},
		{&Transport{Conns: 1025}, "Conns 1025"},
		{&Transport{Dealer: true, Conns: 1025}, "Conns 1025"},
		{&Transport{IdleTimeout: -1}, "IdleTimeout -1ns"},
		{&Transport{IdleTimeout: time.Millisecond}, "IdleTimeout 1ms"},
		{&Transport{IdleTimeout: 25 * time.Hour}, "IdleTimeout 25h0m0s"},
		{&Transport{Dealer: true, Block: true}, "Block with Dealer"},
	} {
		if _, err := c.tr.Listen(""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Listen with %s: error %v, want one that names the option", c.want, err)
		}
		if _, err := c.tr.Dial(t.Context(), "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Dial with %s: error %v, want one that names the option", c.want, err)
		}
	}
}

func TestDescribeClients(t *testing.T) {
	for _, c := range []struct {
		tr   *Transport
		want int // Clients for 10 workers
	}{
		{&Transport{}, 10},
		{&Transport{Conns: echo.Each}, 10},
		{&Transport{Conns: 3}, 3},
		{&Transport{Conns: 11, Block: true}, 10},
		{&Transport{Dealer: true}, 1},
		{&Transport{Dealer: true, Conns: 3}, 3},
		{&Transport{Dealer: true, Conns: 11}, 10},
		{&Transport{Dealer: true, Conns: echo.Each}, 10},
	} {
		if got := c.tr.Describe(10).Clients; got != c.want {
			t.Errorf("Conns %d, Dealer %v: Describe(10).Clients = %d, want %d", c.tr.Conns, c.tr.Dealer, got, c.want)
		}
	}
}
