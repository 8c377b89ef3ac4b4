package grpcecho

import (
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

func TestVariants(t *testing.T) { testkit.TestVariants(t, "grpc", Variants) }
