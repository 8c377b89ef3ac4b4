package tcp

import (
	"testing"

	"github.com/echobench/echobench/internal/testkit"
)

func TestVariants(t *testing.T) { testkit.TestVariants(t, new(Transport).Name(), Variants) }
