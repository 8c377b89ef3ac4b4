package compare

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// layoutSeries returns 48 rounds of equal builds with 16 binaries each, whose functions
// lie in places of two kinds, one of them 1.8 times as slow. The noise is 1%.
func layoutSeries(seed uint64) series {
	random := rand.New(rand.NewPCG(seed, 1))
	s := series{benchmark: "BenchmarkLayout", binaries: 16}
	var slow [16][3]float64
	for i := range slow {
		for j := range slow[i] {
			slow[i][j] = 1 + 0.8*float64(random.IntN(2))
		}
	}
	for i := range 48 {
		var of [3]values
		for j := range of {
			of[j] = values{"ns/op": 100 * slow[i%16][j] * math.Exp(0.01*random.NormFloat64())}
		}
		s.rounds = append(s.rounds, round{old: of[0], new: of[1], placebo: of[2]})
	}
	return s
}

// TestLayoutIsTheUnit: builds that differ in their layouts only are not called slower or
// faster, although they are if each round counts. The row and the table say that the
// layouts are the reason, and the rounds end without more of them.
func TestLayoutIsTheUnit(t *testing.T) {
	config := Config{Units: []string{"ns/op"}, Tolerance: 0.05, Width: 0.025}
	wrong, naive := 0, 0
	for seed := range uint64(40) {
		s := layoutSeries(seed)
		row := judge([]series{s}, testingUnits, config)[0]
		if row.Layout < 0.8 {
			t.Errorf("seed %d: the share of the layouts is %v, want nearly 1", seed, row.Layout)
		}
		if row.Verdict == Slower || row.Verdict == Faster {
			wrong++
		}
		if widths := s.widths(testingUnits, config); len(widths) != 1 || !math.IsInf(widths[0], 1) {
			t.Errorf("seed %d: the widths are %v, want an infinite one", seed, widths)
		}
		s.binaries = 0
		if v := judge([]series{s}, testingUnits, config)[0].Verdict; v == Slower || v == Faster {
			naive++
		}
	}
	if wrong > 4 || naive < 8 {
		t.Errorf("of 40 equal builds, %d are called slower or faster, and %d if each round counts; want about 2 and many", wrong, naive)
	}
	var table strings.Builder
	if err := (&Result{Rows: judge([]series{layoutSeries(1)}, testingUnits, config)}).WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(table.String(), "placebo layout ") || !strings.Contains(table.String(), "% ") {
		t.Errorf("the table does not say how much is due to the layouts:\n%s", &table)
	}
}

func TestFinalWidth(t *testing.T) {
	for _, c := range []struct {
		share, want float64
	}{{0, 0}, {1, 0.1}, {0.5, 0.1 * math.Sqrt(0.75)}} {
		if got := finalWidth(0.1, c.share, 16, 48); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("share %v: got %v, want %v", c.share, got, c.want)
		}
	}
}
