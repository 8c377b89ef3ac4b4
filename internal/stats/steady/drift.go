package steady

import "math"

const (
	// firstParts and lastParts are the numbers of parts at the two ends of the sample that
	// are compared: a fifth and a half of it.
	firstParts = parts / 5
	lastParts  = parts / 2

	// critical is what the statistic of differs exceeds by chance in 1% of the samples
	// with independent parts, found by simulation. Without the allowance for
	// correlation it would be a quantile of Student's t distribution, 3.36.
	critical = 3.15

	// minDrift is the smallest drift that matters. In a long sample, a difference
	// that nobody would notice in its percentiles is significant too.
	minDrift = 1.1
)

// differs reports whether the first and the last parts of a sample differ by more than
// chance explains. The argument has the mean score of the response times of each part,
// which, unlike the mean response time, a few large values do not decide.
//
// The comparison is that of Geweke, "Evaluating the accuracy of sampling-based
// approaches to the calculation of posterior moments", Bayesian Statistics 4 (1992),
// 169–193: the difference between the means of the first and the last values, divided
// by a standard error that allows for correlation. The standard error is that of the
// parts of the last half around a straight line, because what happens at the beginning
// of a sample, or a trend, must not hide itself by enlarging it. The correlation r of
// neighbouring parts multiplies its square by (1+r)/(1-r), as it does for a
// first-order autoregressive process.
func differs(means []float64) bool {
	last := residuals(means[len(means)-lastParts:])
	squares, products := 0.0, 0.0
	for i, v := range last {
		squares += v * v
		if i > 0 {
			products += v * last[i-1]
		}
	}
	if squares == 0 {
		return difference(means) != 0
	}
	// The line makes its residuals look less correlated by about 2.5 divided by their
	// number.
	r := min(max(products/squares+2.5/lastParts, 0), 0.9)
	variance := squares / (lastParts - 2) * (1 + r) / (1 - r)
	return math.Abs(difference(means)) > critical*math.Sqrt(variance*(1.0/firstParts+1.0/lastParts))
}

// difference returns how much the mean of the last parts exceeds that of the first.
func difference(means []float64) float64 {
	return mean(means[len(means)-lastParts:]) - mean(means[:firstParts])
}

// residuals returns the deviations of the values from the straight line that fits them
// best.
func residuals(values []float64) []float64 {
	middle, centre := mean(values), float64(len(values)-1)/2
	squares, products := 0.0, 0.0
	for i, v := range values {
		x := float64(i) - centre
		squares += x * x
		products += x * (v - middle)
	}
	deviations := make([]float64, len(values))
	for i, v := range values {
		deviations[i] = v - middle - products/squares*(float64(i)-centre)
	}
	return deviations
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
