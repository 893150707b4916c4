package config

import (
	"fmt"
	"strings"
)

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
