package config

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Age is the greatest age of something; 0 is unlimited. It is written forever, 30d, 1d12h, or as a time.Duration: 36h, 90m.
type Age time.Duration

// forever is how the Age 0 is written.
const forever = "forever"

const day = 24 * time.Hour

func parseAge(text string) (Age, error) {
	if text == forever {
		return 0, nil
	}
	rest, days := text, int64(0)
	if before, after, ok := strings.Cut(text, "d"); ok {
		n, err := strconv.ParseInt(before, 10, 32)
		if err != nil || n < 0 {
			return 0, faultf(likelyAge(text), "%q is not a length of time", text)
		}
		if rest, days = after, n; rest == "" {
			rest = "0s"
		}
	}
	d, err := time.ParseDuration(rest)
	if total := time.Duration(days)*day + d; err == nil && days <= maxDays && d >= 0 && total > 0 {
		return Age(total), nil
	}
	return 0, faultf(likelyAge(text), "%q is not a length of time", text)
}

// maxDays keeps an age within what a time.Duration holds.
const maxDays = 36_500

// likelyAge guesses what an invalid age meant: a bare number is days.
func likelyAge(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
	end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(text)
	}
	n, err := strconv.Atoi(text[:end])
	if err != nil || n == 0 || n > 10_000 {
		return forever
	}
	unit := strings.TrimSpace(text[end:])
	switch {
	case strings.HasPrefix(unit, "w"):
		n *= 7
	case strings.HasPrefix(unit, "mo"):
		n *= 30
	case strings.HasPrefix(unit, "y"):
		n *= 365
	}
	return strconv.Itoa(n) + "d"
}

func (a Age) String() string {
	d := time.Duration(a)
	if d == 0 {
		return forever
	}
	days, rest := int64(d/day), d%day
	switch {
	case days == 0:
		return show(rest)
	case rest == 0:
		return strconv.FormatInt(days, 10) + "d"
	}
	return strconv.FormatInt(days, 10) + "d" + show(rest)
}

// MarshalText is String, for encoders.
func (a Age) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Size is a number of bytes. It is written 500KB, 10MB, 2GB in powers of 1000, or 512KiB, 8MiB, 1GiB in powers of
// 1024; a bare number is bytes.
type Size int64

// sizeUnits are the suffixes of sizes: each before those that it ends in, and the largest first.
var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"GiB", 1 << 30},
	{"GB", 1e9},
	{"MiB", 1 << 20},
	{"MB", 1e6},
	{"KiB", 1 << 10},
	{"KB", 1e3},
	{"B", 1},
}

// parseSize ignores case.
func parseSize(text string) (Size, error) {
	digits, factor := strings.TrimSpace(text), int64(1)
	for _, u := range sizeUnits {
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

// likelySize guesses what an invalid size meant from the number that it begins with.
func likelySize(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if end <= 0 || end > 4 {
		return "10MB"
	}
	return text[:end] + "MB"
}

// String writes the size with the largest unit that divides it.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if n := int64(s); u.bytes > 1 && n != 0 && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// MarshalText is String, for encoders.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Secret is text that errors do not repeat, and that fmt and the log do not show. string(s) is the text.
type Secret string

// String hides the text.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(secret)"
}

// GoString hides it from %#v too.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// show writes a value as in config.yaml: 1h instead of 1h0m0s, 10MB instead of 10000000.
func show(value any) string {
	text := fmt.Sprint(value)
	if _, ok := value.(time.Duration); !ok {
		return text
	}
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// written is show with quotes around text, which YAML often needs.
func written(value any) string {
	if text, ok := value.(string); ok {
		return strconv.Quote(text)
	}
	return show(value)
}

func parseText(text string) (string, error) { return text, nil }

func parseBool(text string) (bool, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, faultf("", "%q is neither true nor false", text)
}

func parseInt(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, faultf("", "%q is not a whole number", text)
	}
	return n, nil
}

func parseFloat(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, faultf("", "%q is not a number", text)
	}
	return f, nil
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, faultf(likelyDuration(text), "%q is not a length of time", text)
	}
	return d, nil
}

// likelyDuration guesses what an invalid duration meant: a bare number is seconds; days and weeks become hours.
func likelyDuration(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(text)
	}
	n, err := strconv.Atoi(text[:end])
	if err != nil || n > 1000 {
		return "5m"
	}
	word := strings.ToLower(strings.TrimSpace(text[end:]) + "s")
	switch word[0] {
	case 'm', 'h':
		return strconv.Itoa(n) + word[:1]
	case 'd':
		return strconv.Itoa(24*n) + "h"
	case 'w':
		return strconv.Itoa(7*24*n) + "h"
	}
	return strconv.Itoa(n) + "s"
}

// parsePrefix reads a network, or one address as the network of it alone.
func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, faultf("127.0.0.0/8", "%q is not a network", text)
	}
	if p != p.Masked() {
		return p, faultf(p.Masked().String(), "%q has bits set after its first %d", text, p.Bits())
	}
	return p, nil
}

// Problem is one mistake in the settings.
type Problem struct {
	// Where is "config.yaml:14", "HEADWATER_LISTEN" or "--listen".
	Where string
	// Key is "poll.schedule", or "" where Where says it all.
	Key string
	// What is the problem, and a valid value.
	What string

	line int
}

func (p Problem) String() string {
	if p.Key == "" {
		return p.Where + ": " + p.What
	}
	return p.Where + ": " + p.Key + ": " + p.What
}

// Error is all problems of the settings, one line each.
type Error struct {
	Problems []Problem
}

func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// fault is an invalid value. try is a valid one as in config.yaml, or "" where none can be guessed.
type fault struct {
	what, try string
}

func (f *fault) Error() string {
	if f.try == "" {
		return f.what
	}
	return f.what + "; try " + f.try
}

func faultf(try, format string, args ...any) *fault {
	return &fault{what: fmt.Sprintf(format, args...), try: try}
}

// nearest returns the known word with the least distance to word, or "" where none is close.
func nearest(word string, known []string) string {
	best, bound := "", max(2, len(word)/3)+1
	word = strings.ToLower(word)
	for _, k := range known {
		d := distance(word, strings.ToLower(k))
		if len(k) > 2 && strings.HasPrefix(word, k) {
			d = 1 // warning for warn
		}
		if d < bound {
			best, bound = k, d
		}
	}
	return best
}

// distance is the edit distance of optimal string alignment: letters added, dropped, changed or swapped with their neighbour.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
