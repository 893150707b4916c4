package config

import (
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes. It is written 500KB, 10MB, 2GB in powers of 1000, or 512KiB, 8MiB, 1GiB in powers of
// 1024; a bare number is bytes.
type Size int64

// unit is a suffix of sizes.
type unit struct {
	name  string
	bytes int64
}

// units gives the suffixes of sizes, each before those it ends in and the largest first.
func units() []unit {
	return []unit{
		{"GiB", 1 << 30},
		{"GB", 1e9},
		{"MiB", 1 << 20},
		{"MB", 1e6},
		{"KiB", 1 << 10},
		{"KB", 1e3},
		{"B", 1},
	}
}

// ParseSize reads a size as it is written in config.yaml. Capitals don't matter.
func ParseSize(text string) (Size, error) {
	digits, factor := strings.TrimSpace(text), int64(1)
	for _, u := range units() {
		if n := len(digits) - len(u.name); n > 0 && strings.EqualFold(digits[n:], u.name) {
			digits, factor = strings.TrimSpace(digits[:n]), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return 0, faultf(likelySize(digits), "%q is not a size", text)
	}
	return Size(n * factor), nil
}

// likelySize guesses what a broken size meant from the number that it begins with.
func likelySize(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if end <= 0 || end > 4 {
		return "10MB"
	}
	return text[:end] + "MB"
}

// String writes the size with the largest unit that divides it.
func (s Size) String() string {
	for _, u := range units() {
		if n := int64(s); u.bytes > 1 && n != 0 && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// MarshalText is String, for YAML and JSON.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is ParseSize, for flags, YAML and JSON.
func (s *Size) UnmarshalText(text []byte) error {
	size, err := ParseSize(string(text))
	if err != nil {
		return err
	}
	*s = size
	return nil
}
