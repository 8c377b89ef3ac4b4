package paired

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// A method computes an interval of the ratio new/old with a confidence of 95%.
type method struct {
	name     string
	interval func(old, new []float64) Interval
}

const (
	signedRank = "signed-rank (Estimate)"
	ofMean     = "Student's t of the mean"
	unpaired   = "rank-sum, without pairs"
)

var methods = []method{
	{signedRank, func(old, new []float64) Interval {
		i, _ := Estimate(old, new, 0.95)
		return i
	}},
	{ofMean, studentT},
	{"bootstrap of the mean", func(old, new []float64) Interval { return bootstrap(old, new, average) }},
	{"bootstrap of the median", func(old, new []float64) Interval { return bootstrap(old, new, Median) }},
	{"order statistics", signs},
	{unpaired, rankSum},
}

// alternativePairs is how many pairs the methods get. The constants that some of
// them use belong to this number.
const alternativePairs = 25

// studentT is the interval of the paired t-test of log ratios.
func studentT(old, new []float64) Interval {
	const quantile = 2.0639 // of 24 degrees of freedom
	d, _ := logRatios(old, new)
	mean, squares := average(d), 0.0
	for _, v := range d {
		squares += (v - mean) * (v - mean)
	}
	n := float64(len(d))
	half := quantile * math.Sqrt(squares/(n-1)/n)
	return Interval{math.Exp(mean), math.Exp(mean - half), math.Exp(mean + half)}
}

// bootstrap is the percentile interval of a statistic of log ratios.
func bootstrap(old, new []float64, statistic func([]float64) float64) Interval {
	const resamples = 200
	random := rand.New(rand.NewPCG(3, 3))
	d, _ := logRatios(old, new)
	resample, values := make([]float64, len(d)), make([]float64, resamples)
	for i := range values {
		for j := range resample {
			resample[j] = d[random.IntN(len(d))]
		}
		values[i] = statistic(resample)
	}
	slices.Sort(values)
	return Interval{math.Exp(statistic(d)), math.Exp(values[resamples/40]), math.Exp(values[resamples-1-resamples/40])}
}

// signs is the interval of the sign test: two of the sorted log ratios.
func signs(old, new []float64) Interval {
	const k = 7 // P(7 or fewer of 25 fair coins) is 2.2%
	d, _ := logRatios(old, new)
	slices.Sort(d)
	return Interval{math.Exp(Median(d)), math.Exp(d[k]), math.Exp(d[len(d)-1-k])}
}

// rankSum is the interval of the Mann–Whitney U-test, which ignores the pairs.
func rankSum(old, new []float64) Interval {
	var d []float64
	for _, a := range old {
		for _, b := range new {
			d = append(d, math.Log(b/a))
		}
	}
	slices.Sort(d)
	n := float64(len(old))
	k := int(n*n/2 - 1.96*math.Sqrt(n*n*(2*n+1)/12))
	return Interval{math.Exp(Median(d)), math.Exp(d[k]), math.Exp(d[len(d)-1-k])}
}

func average(values []float64) float64 { return sum(values) / float64(len(values)) }

// TestAlternatives compares the interval of this package with others, and logs the
// table in docs/trust.md. It checks the reasons for choosing the signed-rank
// interval: it contains the ratio as often as it should, it is narrower than one
// without pairs if the machine drifts, and narrower than that of the mean if some
// samples are wild.
func TestAlternatives(t *testing.T) {
	testkit.Simulation(t)
	const ratio, seed = 1.1, 4
	trials := testkit.Times(100, 300)
	half := map[string]map[string]float64{}
	for _, kind := range noises {
		half[kind.name] = map[string]float64{}
		for _, method := range methods {
			random := rand.New(rand.NewPCG(seed, seed))
			covered := 0
			var widths []float64
			for range trials {
				m := &machine{Rand: random, noise: kind}
				i := method.interval(m.pairs(alternativePairs, ratio))
				if i.Low <= ratio && ratio <= i.High {
					covered++
				}
				widths = append(widths, (i.High-i.Low)/2/i.Ratio)
			}
			coverage := float64(covered) / float64(trials)
			half[kind.name][method.name] = Median(widths)
			t.Logf("%s: %s: ±%.1f%%, contains the ratio in %.0f%%", kind.name, method.name, 100*Median(widths), 100*coverage)
			if min := 0.95 - simulationError(trials); method.name == signedRank && coverage < min {
				t.Errorf("%s: the interval contains the ratio in %.1f%%, want %.1f%% at least", kind.name, 100*coverage, 100*min)
			}
		}
	}
	if drift := half["drifting"]; drift[signedRank] > drift[unpaired]/1.5 {
		t.Errorf("with drift: ±%v with pairs, ±%v without, want much less with pairs", drift[signedRank], drift[unpaired])
	}
	if wild := half["outliers"]; wild[signedRank] > wild[ofMean]/5 {
		t.Errorf("with outliers: ±%v by ranks, ±%v by the mean, want much less by ranks", wild[signedRank], wild[ofMean])
	}
}
