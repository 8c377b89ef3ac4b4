package protocols_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/grpcecho"
	"github.com/echobench/echobench/rest"
	"github.com/echobench/echobench/tcp"
	"github.com/echobench/echobench/zmqecho"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// protocols returns the five protocols at their default settings.
func protocols() []echo.Variant {
	return []echo.Variant{tcp.Variants()[0], rest.Variants()[0], grpcecho.Variants()[0], zmqecho.Variants()[0], gorpcecho.Variants()[0]}
}
