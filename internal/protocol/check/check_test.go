package check

import (
	"errors"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

func TestMaxSize(t *testing.T) {
	for _, c := range []struct {
		option, want payload.Size
		ok           bool
	}{{0, 4 << 20, true}, {1, 1, true}, {1 << 30, 1 << 30, true}, {-1, 0, false}, {1<<30 + 1, 0, false}} {
		got, err := MaxSize("p", c.option)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("MaxSize(%d) = %d, %v, want %d", c.option, got, err, c.want)
		}
	}
}

func TestData(t *testing.T) {
	if err := Data("p", make([]byte, 10), 10); err != nil {
		t.Errorf("10 bytes of 10: %v", err)
	}
	err := Data("p", make([]byte, 11), 10)
	if !errors.Is(err, echo.ErrTooLarge) || err.Error() != "p: 11 bytes of data exceed the limit of 10B: message too large" {
		t.Errorf("11 bytes of 10: %v", err)
	}
	if err := NotNegative("p", "Workers", -1); err == nil || err.Error() != "p: Workers -1: want 0 or more" {
		t.Errorf("NotNegative(-1): %v", err)
	}
}

func TestConns(t *testing.T) {
	for n, ok := range map[int]bool{-2: false, echo.Each: true, 0: true, 1: true, 8: true, 9: false} {
		if err := Conns("p", n, 8); (err == nil) != ok {
			t.Errorf("Conns %d of at most 8: error %v", n, err)
		}
	}
	if err := Conns("p", 9, 8); err == nil || err.Error() != "p: Conns 9: want 1 to 8, 0 for the usual number, or echo.Each" {
		t.Errorf("Conns 9 of at most 8: error %v", err)
	}
}

func TestClients(t *testing.T) {
	for _, c := range []struct{ conns, usual, workers, want int }{
		{0, 1, 500, 1}, {0, 500, 500, 500}, {echo.Each, 1, 500, 500}, {8, 1, 500, 8}, {8, 1, 2, 2},
	} {
		if got := Clients(c.conns, c.usual, c.workers); got != c.want {
			t.Errorf("Clients(%d, %d, %d) = %d, want %d", c.conns, c.usual, c.workers, got, c.want)
		}
	}
}
