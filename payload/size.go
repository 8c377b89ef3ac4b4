package payload

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

var units = []struct {
	name  string
	bytes int
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// A Size is a number of bytes. Its text is what benchstat reads as a number of
// bytes: 64B, 1KiB, 64KiB. (benchstat reads KB as 1000 bytes.)
type Size int

// String returns s in the largest unit that divides it, so that [ParseSize]
// returns exactly s.
func (s Size) String() string {
	for _, u := range units {
		if s != 0 && int(s)%u.bytes == 0 {
			return strconv.Itoa(int(s)/u.bytes) + u.name
		}
	}
	return "0B"
}

// ParseSize parses the text that [Size.String] returns: a whole number followed by
// B, KiB, MiB or GiB. The size must not be negative, and must fit in an int.
func ParseSize(s string) (Size, error) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(digits)
		if err != nil || n < 0 || digits[0] == '+' || digits[0] == '-' || n > math.MaxInt/u.bytes {
			break
		}
		return Size(n * u.bytes), nil
	}
	return 0, fmt.Errorf("payload: size %q: want a whole number of B, KiB, MiB or GiB, such as 64B or 4KiB", s)
}
