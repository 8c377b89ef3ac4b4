// Package loops has small functions whose speed depends on where a linker puts them.
package loops

import "math/bits"

// Data is what the functions work on.
var Data = [64]uint64{1, 5, 9, 12, 77, 1 << 40, 3, 0, 8, 21, 22, 23, 1 << 63, 6, 4, 2}

// Text is what the functions read.
var Text = []byte("GET /users/12345/repos?page=3 HTTP/1.1")

//go:noinline
func Sum(n int) (total uint64) {
	for _, v := range Data[:n] {
		total += v
	}
	return total
}

//go:noinline
func Xor(n int) (total uint64) {
	for i := 0; i < n; i++ {
		total ^= Data[i&63] << (i & 7)
	}
	return total
}

//go:noinline
func Ones(n int) (total int) {
	for _, v := range Data[:n] {
		total += bits.OnesCount64(v)
	}
	return total
}

//go:noinline
func Previous(n int) int {
	for i := n - 1; i >= 0; i-- {
		if Data[i] > 1<<50 {
			return i
		}
	}
	return -1
}

//go:noinline
func Hash(n int) uint32 {
	hash := uint32(2166136261)
	for _, c := range Text[:n] {
		hash = (hash ^ uint32(c)) * 16777619
	}
	return hash
}

//go:noinline
func Index(c byte) int {
	for i, other := range Text {
		if other == c {
			return i
		}
	}
	return -1
}

//go:noinline
func Number(from int) (n int) {
	for _, c := range Text[from:] {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + int(c-'0')
	}
	return n
}

//go:noinline
func Lower(n int) (count int) {
	for _, c := range Text[:n] {
		if 'a' <= c && c <= 'z' {
			count++
		}
	}
	return count
}

//go:noinline
func GCD(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

//go:noinline
func Collatz(n int) (steps int) {
	for n > 1 {
		if n&1 == 0 {
			n >>= 1
		} else {
			n = 3*n + 1
		}
		steps++
	}
	return steps
}

//go:noinline
func Search(want uint64) int {
	low, high := 0, len(Data)
	for low < high {
		middle := (low + high) / 2
		if Data[middle] < want {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

//go:noinline
func Equal(n int) bool {
	for i := 0; i < n; i++ {
		if Data[i] != Data[i] {
			return false
		}
	}
	return true
}

//go:noinline
func Max(n int) (largest uint64) {
	for _, v := range Data[:n] {
		if v > largest {
			largest = v
		}
	}
	return largest
}

//go:noinline
func Fibonacci(n int) int {
	a, b := 0, 1
	for i := 0; i < n; i++ {
		a, b = b, a+b
	}
	return a
}

//go:noinline
func Digits(n int) (digits int) {
	for ; n > 0; n /= 10 {
		digits++
	}
	return digits
}

// Chain is bound by the latency of its operations, so that its layouts differ little.
//
//go:noinline
func Chain(n int) uint64 {
	x := uint64(88172645463325252)
	for i := 0; i < n; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

// Steps is how long the chain of its benchmark is.
const Steps = 100
