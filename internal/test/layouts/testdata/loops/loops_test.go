package loops

import "testing"

var sink int

func BenchmarkSmall(b *testing.B) {
	for _, c := range []struct {
		name string
		f    func() int
	}{
		{"sum8", func() int { return int(Sum(8)) }},
		{"sum32", func() int { return int(Sum(32)) }},
		{"xor16", func() int { return int(Xor(16)) }},
		{"xor40", func() int { return int(Xor(40)) }},
		{"ones8", func() int { return Ones(8) }},
		{"ones32", func() int { return Ones(32) }},
		{"previous", func() int { return Previous(40) }},
		{"hash8", func() int { return int(Hash(8)) }},
		{"hash30", func() int { return int(Hash(30)) }},
		{"index", func() int { return Index('?') }},
		{"number", func() int { return Number(11) }},
		{"lower", func() int { return Lower(30) }},
		{"gcd", func() int { return GCD(12, 18) }},
		{"collatz", func() int { return Collatz(6) }},
		{"search", func() int { return Search(77) }},
		{"equal", func() int {
			if Equal(20) {
				return 1
			}
			return 0
		}},
		{"max", func() int { return int(Max(30)) }},
		{"fibonacci", func() int { return Fibonacci(20) }},
		{"digits", func() int { return Digits(12345) }},
		{"chain", func() int { return int(Chain(5)) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for i := 0; i < b.N; i++ {
				sink += c.f()
			}
		})
	}
}

func BenchmarkChain(b *testing.B) {
	for i := 0; i < b.N; i++ {
		sink += int(Chain(Steps))
	}
}
