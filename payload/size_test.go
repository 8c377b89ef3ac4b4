package payload

import "testing"

func TestSizeRoundTrip(t *testing.T) {
	for _, c := range []struct {
		text string
		size Size
	}{
		{"0B", 0}, {"64B", 64}, {"256B", 256}, {"1000B", 1000}, {"1KiB", 1 << 10}, {"1025B", 1025},
		{"4KiB", 4 << 10}, {"64KiB", 64 << 10}, {"4MiB", 4 << 20}, {"1GiB", 1 << 30},
	} {
		if got := c.size.String(); got != c.text {
			t.Errorf("Size(%d).String() = %q, want %q", int(c.size), got, c.text)
		}
		if got, err := ParseSize(c.text); err != nil || got != c.size {
			t.Errorf("ParseSize(%q) = %d, %v, want %d", c.text, got, err, c.size)
		}
	}
	for _, bad := range []string{"", "B", "64", "64KB", "-1B", "+1B", "1.5KiB", "64b", " 64B", "9223372036854775807KiB"} {
		if got, err := ParseSize(bad); err == nil {
			t.Errorf("ParseSize(%q) = %v, want an error", bad, got)
		}
	}
}
