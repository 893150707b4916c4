package outlets

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// What an expression matches always has what needsOf says.
func TestNeeds(t *testing.T) {
	for _, expr := range []string{`a(?:b|c)d`, `(?i)ab[xy]`, `(?:ab)*c`, `(?:ab)+[^c]`, `(?:x[yz]){2,3}`, `(a|b)?c\s`, `^$`, `[一二].?`} {
		n, compiled := needsOf(expr), regexp.MustCompile(expr)
		rapid.Check(t, func(rt *rapid.T) {
			text := rapid.StringMatching(expr).Draw(rt, "text")
			if compiled.MatchString(text) && !n.met(text) {
				rt.Fatalf("%s matches %q, which lacks some of %q", expr, text, n)
			}
		})
	}
}
