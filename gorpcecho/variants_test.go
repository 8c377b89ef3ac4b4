package gorpcecho

import (
	"testing"

	"github.com/echobench/echobench/internal/testkit"
)

func TestVariants(t *testing.T) { testkit.TestVariants(t, "gorpc", Variants) }
