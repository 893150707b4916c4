package outlets

import (
	"reflect"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

func TestNeedsOf(t *testing.T) {
	for _, c := range []struct {
		expr string
		want needs
	}{
		{`[WV]ith (?:files|stuff)`, needs{words: []string{"ith "}, sets: []string{"VW"}, either: [][]needs{{{words: []string{"files"}}, {words: []string{"stuff"}}}}}},
		{`a(?:b|\d*)`, needs{words: []string{"a"}}},
		{`(\pL+)[)）]\s*$`, needs{sets: []string{")）"}, last: ")）"}},
		{`[)）]x*$`, needs{sets: []string{")）"}}},
	} {
		if got := needsOf(c.expr); !reflect.DeepEqual(got, c.want) {
			t.Errorf("needsOf(%s) = %q, want %q", c.expr, got, c.want)
		}
	}
}

// What an expression matches always has what needsOf says.
func TestNeeds(t *testing.T) {
	for _, expr := range []string{`a(?:b|c)d`, `(?i)ab[xy]`, `(?:ab)*c`, `(?:ab)+[^c]`, `(?:x[yz]){2,3}`, `(a|b)?c\s`, `^$`, `[一二].?`, `(?:ab|c[de]|)f`, `(?:ab|cd)+`, `x[)）]\s*$`} {
		n, compiled := needsOf(expr), regexp.MustCompile(expr)
		rapid.Check(t, func(rt *rapid.T) {
			text := rapid.StringMatching(expr).Draw(rt, "text")
			if compiled.MatchString(text) && !n.met(text) {
				rt.Fatalf("%s matches %q, which lacks some of %q", expr, text, n)
			}
		})
	}
}
