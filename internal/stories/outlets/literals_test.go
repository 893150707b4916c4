package outlets

import (
	"reflect"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"headwater/feeds"
)

func TestLiteralsOf(t *testing.T) {
	for _, c := range []struct {
		expr string
		want literals
	}{
		{`[WV]ith (?:files|stuff)`, literals{words: []string{"ith "}, sets: []string{"VW"}, either: [][]literals{{{words: []string{"files"}}, {words: []string{"stuff"}}}}}},
		{`a(?:b|\d*)`, literals{words: []string{"a"}}},
		{`(\pL+)[)）]\s*$`, literals{sets: []string{")）"}, last: ")）"}},
		{`[)）]x*$`, literals{sets: []string{")）"}}},
	} {
		if got := literalsOf(c.expr); !reflect.DeepEqual(got, c.want) {
			t.Errorf("literalsOf(%s) = %q, want %q", c.expr, got, c.want)
		}
	}
}

// What an expression matches always has what literalsOf says.
func TestLiterals(t *testing.T) {
	for _, expr := range []string{`a(?:b|c)d`, `(?i)ab[xy]`, `(?:ab)*c`, `(?:ab)+[^c]`, `(?:x[yz]){2,3}`, `(a|b)?c\s`, `^$`, `[一二].?`, `(?:ab|c[de]|)f`, `(?:ab|cd)+`, `x[)）]\s*$`} {
		n, compiled := literalsOf(expr), regexp.MustCompile(expr)
		rapid.Check(t, func(rt *rapid.T) {
			text := rapid.StringMatching(expr).Draw(rt, "text")
			if compiled.MatchString(text) && !n.in(text) {
				rt.Fatalf("%s matches %q, which lacks some of %q", expr, text, n)
			}
		})
	}
}

func TestEveryShapeKnowsItsExample(t *testing.T) {
	r, err := Load(feeds.Agencies())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.builtIn.datelines {
		if _, ok := r.Dateline(p.like); !ok {
			t.Errorf("no dateline in %q, the example of %s", p.like, p.expr)
		}
		if len(p.langs) == 0 {
			t.Errorf("%q has no languages", p.like)
		}
	}
}
