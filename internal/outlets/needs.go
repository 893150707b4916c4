package outlets

import (
	"regexp/syntax"
	"strings"
)

// needs is what a text must have for an expression to match: each word, and of each set one character at least. Asking for
// it first saves most of the matching, since few texts begin with a dateline.
type needs struct{ words, sets []string }

const fewRunes = 12 // in a set beyond which asking is hardly worth it

// needsOf finds the sets among the parts of an expression that all have to match.
func needsOf(expr string) needs {
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return needs{}
	}
	var n needs
	n.of(tree)
	return n
}

func (n *needs) of(tree *syntax.Regexp) {
	switch tree.Op {
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		for _, sub := range tree.Sub {
			n.of(sub)
		}
	case syntax.OpRepeat:
		if tree.Min > 0 {
			n.of(tree.Sub[0])
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

// smallClass gives the runes of ranges, where they are few.
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

func (n needs) met(text string) bool {
	for _, word := range n.words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	for _, set := range n.sets {
		if !strings.ContainsAny(text, set) {
			return false
		}
	}
	return true
}
