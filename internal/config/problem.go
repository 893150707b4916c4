package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Problem is one thing that is wrong with the settings.
type Problem struct {
	// Where is "config.yaml:14", "HEADWATER_LISTEN" or "--listen".
	Where string
	// Key is "poll.schedule", or "" where Where says it all.
	Key string
	// What says what is wrong, and what would be right.
	What string

	line int
}

func (p Problem) String() string {
	if p.Key == "" {
		return p.Where + ": " + p.What
	}
	return p.Where + ": " + p.Key + ": " + p.What
}

// Error is everything that is wrong with the settings, one line each.
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

// fault is a value that a setting can't take. try is a right value as one would write it into the file, or "" where
// none can be guessed.
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

// show writes a value as one would write it into the file: 1h and not 1h0m0s, 10MB and not 10000000.
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

// written is show with text in quotes, as YAML needs them around much of it.
func written(value any) string {
	if text, ok := value.(string); ok {
		return strconv.Quote(text)
	}
	return show(value)
}

// example ends a sentence with the value that a setting has, where it has one.
func example(s setting) string {
	value := reflect.ValueOf(s.into).Elem()
	if value.IsZero() {
		return ""
	}
	return "; try " + written(value.Interface())
}

// nearest returns the word of known that is written most like word, or "" where none is close.
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

// distance counts the letters to add, drop, change or swap with their neighbour to turn a into b (Damerau's, as
// optimal string alignment).
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
