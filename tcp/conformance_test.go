package tcp

import (
	"testing"

	"github.com/echobench/echobench"
)

func TestConformance(t *testing.T) { echobench.TestTransport(t, &Transport{}) }
