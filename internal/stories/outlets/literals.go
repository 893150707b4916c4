package outlets

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// literals are conditions that a text must meet for an expression to match. The text must have each word, at least one
// character of each set, the literals of at least one branch in either, and one character of last at its end, ignoring white
// space. Checking these first avoids most of the matching, since few texts begin with a dateline.
type literals struct {
	words, sets []string
	either      [][]literals
	last        string
}

const fewRunes = 12 // in a set; larger sets are not worth checking

// literalsOf finds the words and sets among the parts of an expression that must all match.
func literalsOf(expr string) literals {
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return literals{}
	}
	var n literals
	n.of(tree)
	n.last = lastLiteral(tree)
	return n
}

// lastLiteral returns the final set of an expression that ends with `\s*$`.
func lastLiteral(tree *syntax.Regexp) string {
	n := len(tree.Sub)
	if tree.Op != syntax.OpConcat || n < 3 || tree.Sub[n-1].Op != syntax.OpEndText || tree.Sub[n-3].Op != syntax.OpCharClass {
		return ""
	}
	if star := tree.Sub[n-2]; star.Op != syntax.OpStar || star.Sub[0].Op != syntax.OpCharClass || smallClass(star.Sub[0].Rune) != whiteSpace {
		return ""
	}
	return smallClass(tree.Sub[n-3].Rune)
}

const whiteSpace = "\t\n\f\r " // the same as \s

func (n *literals) of(tree *syntax.Regexp) {
	switch tree.Op {
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		for _, sub := range tree.Sub {
			n.of(sub)
		}
	case syntax.OpRepeat:
		if tree.Min > 0 {
			n.of(tree.Sub[0])
		}
	case syntax.OpAlternate:
		branches := make([]literals, len(tree.Sub))
		for i, sub := range tree.Sub {
			branches[i].of(sub)
		}
		if !slices.ContainsFunc(branches, literals.none) {
			n.either = append(n.either, branches)
		}
	case syntax.OpLiteral:
		if tree.Flags&syntax.FoldCase == 0 {
			n.words = append(n.words, string(tree.Rune))
		}
	case syntax.OpCharClass:
		if set := smallClass(tree.Rune); set != "" {
			n.sets = append(n.sets, set)
		}
	}
}

// none reports whether every text meets n.
func (n literals) none() bool { return len(n.words)+len(n.sets)+len(n.either) == 0 && n.last == "" }

// smallClass returns the runes of ranges if they are few.
func smallClass(ranges []rune) string {
	var set strings.Builder
	left := fewRunes
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if left--; left < 0 {
				return ""
			}
			set.WriteRune(r)
		}
	}
	return set.String()
}

func (n literals) in(text string) bool {
	for _, word := range n.words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	if n.last != "" {
		end, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text, whiteSpace))
		if !strings.ContainsRune(n.last, end) {
			return false
		}
	}
	for _, set := range n.sets {
		if !anyOf(text, set) {
			return false
		}
	}
	for _, branches := range n.either {
		if !slices.ContainsFunc(branches, func(b literals) bool { return b.in(text) }) {
			return false
		}
	}
	return true
}

// anyOf is strings.ContainsAny, but decodes the text if a small set contains more than ASCII.
func anyOf(text, set string) bool {
	for _, r := range set {
		if strings.ContainsRune(text, r) {
			return true
		}
	}
	return false
}
