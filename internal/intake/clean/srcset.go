package clean

import (
	"strconv"
	"strings"
)

// candidate is one address of a srcset. Width is in pixels and density in multiples of the shown size; either is 0 where
// it is not given.
type candidate struct {
	url     string
	width   int
	density float64
}

const maxCandidates = 100

// candidates reads a srcset as browsers do: an address goes up to white space, so that it may hold commas; a comma ends
// what follows it. Words before the descriptor belong to the address, whose spaces nobody encoded.
func candidates(set string) []candidate {
	var out []candidate
	for len(out) < maxCandidates {
		set = strings.TrimLeft(set, ", \t\r\n\f")
		if set == "" {
			return out
		}
		end := strings.IndexAny(set, " \t\r\n\f")
		if end < 0 {
			end = len(set)
		}
		address, rest := set[:end], set[end:]
		var words []string
		if trimmed := strings.TrimRight(address, ","); trimmed != address {
			address, set = trimmed, rest
		} else {
			var list string
			list, set, _ = strings.Cut(rest, ",")
			words = strings.Fields(list)
		}
		var c candidate
		for n := len(words); n > 0 && c.describe(words[n-1]); n-- {
			words = words[:n-1]
		}
		c.url = webAddress(strings.Join(append([]string{address}, words...), " "))
		if c.url != "" && !isStandIn(c.url) {
			out = append(out, c)
		}
	}
	return out
}

// describe reads a descriptor: 640w, 480h, 2x.
func (c *candidate) describe(word string) bool {
	num, unit := word[:len(word)-1], word[len(word)-1]
	n, err := strconv.ParseFloat(num, 64)
	if err != nil || !(n >= 0 && n <= 1e6) { // NaN is neither
		return false
	}
	switch unit {
	case 'w', 'W':
		c.width = int(n)
	case 'x', 'X':
		c.density = n
	case 'h', 'H':
	default:
		return false
	}
	return true
}

// choose returns the best candidate for a column: the narrowest that fills it, or else the widest. Shown is the width
// attribute, from which densities become widths; without one the least dense is taken.
func choose(list []candidate, shown string) string {
	best, bestWidth := candidate{}, 0
	base, err := strconv.Atoi(strings.TrimSuffix(shown, "px"))
	if err != nil || base <= 2 {
		base = 0
	}
	for _, c := range list {
		width := c.width
		if width == 0 && base > 0 {
			width = int(float64(base) * max(c.density, 1))
		}
		if width == 0 {
			width = widthIn(c.url)
		}
		// Without widths a density near that of the shown size is better: 1, which is also what no density means. More than
		// that is better than less.
		denser := c.density < best.density && c.density >= 1 || c.density > best.density && best.density < 1
		if c.density == 0 || best.density == 0 {
			denser = c.density == 0 && best.density != 0 && best.density != 1
		}
		if best.url == "" || betterWidth(width, bestWidth) || width == 0 && bestWidth == 0 && denser {
			best, bestWidth = c, width
		}
	}
	return best.url
}

// betterWidth reports whether one width suits a column better than another. 0 is unknown.
func betterWidth(a, b int) bool {
	switch {
	case a == 0:
		return b > 0 && b < columnWidth/2
	case b == 0:
		return a >= columnWidth
	case a >= columnWidth && b >= columnWidth:
		return a < b
	}
	return a > b
}

// widthOf is the width of a picture as a srcset gives it, or else its own address, or 0.
func widthOf(address string, set []candidate) int {
	for _, c := range set {
		if c.url == address && c.width > 0 {
			return c.width
		}
	}
	return widthIn(address)
}

// widthIn is the width that an address names: -300x200.jpg, ?w=300, /w_300, or 0.
func widthIn(address string) int {
	name, query, _ := strings.Cut(address, "?")
	for _, p := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		if key, val, _ := strings.Cut(p, "="); key == "w" || key == "width" || key == "imwidth" {
			if n, err := strconv.Atoi(val); err == nil && n > 0 && n < 1e5 {
				return n
			}
		}
	}
	for rest := name; ; {
		i := strings.Index(rest, "w_")
		if i < 0 {
			break
		}
		if n, size := leadingInt(rest[i+2:]); n > 0 && i > 0 && (rest[i-1] == '/' || rest[i-1] == ',') && (size+i+2 == len(rest) || strings.IndexByte("/,", rest[i+2+size]) >= 0) {
			return n
		}
		rest = rest[i+2:]
	}
	file := fileName(name)
	if i := strings.LastIndexAny(file, "-_"); i >= 0 {
		w, h, ok := strings.Cut(file[i+1:], "x")
		n, size := leadingInt(w)
		if m, more := leadingInt(h); ok && n > 0 && m > 0 && size == len(w) && more == len(h) {
			return n
		}
	}
	return 0
}

func leadingInt(s string) (n, size int) {
	for size < len(s) && size < 6 && s[size] >= '0' && s[size] <= '9' {
		n = n*10 + int(s[size]-'0')
		size++
	}
	return n, size
}
