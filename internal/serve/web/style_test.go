package web_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	cssComment  = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssVariable = regexp.MustCompile(`(?m)^\s*--([a-z-]+):\s*(.+?);`)
	cssUse      = regexp.MustCompile(`var\(--([a-z-]+)`)
	// cssPhysical are properties and values that name a side of the screen instead of one of the text.
	cssPhysical = regexp.MustCompile(`(?:margin|padding|border)-(?:left|right)\b|(?:text-align|float|clear):\s*(?:left|right)\b|[{;\s](?:left|right):|` +
		`(?:margin|padding):\s*[^\s;]+\s+([^\s;]+)\s+[^\s;]+\s+([^\s;]+)\s*[;}]`)
)

// styles returns the style sheet without its comments.
func styles(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("static", "style.css"))
	if err != nil {
		t.Fatal(err)
	}
	return cssComment.ReplaceAllString(string(data), "")
}

func TestStylesAreLogical(t *testing.T) {
	for i, line := range strings.Split(styles(t), "\n") {
		for _, m := range cssPhysical.FindAllStringSubmatch(line, -1) {
			if m[1] != "" && m[1] == m[2] { // four values, the same on both sides
				continue
			}
			t.Errorf("%q: %q names a side of the screen; name one of the text (margin-inline-start ...), for texts that run from right to left (line %d without comments)",
				strings.TrimSpace(line), m[0], i+1)
		}
	}
}

func TestStyleVariablesAreDefined(t *testing.T) {
	css := styles(t)
	var defined []string
	for _, m := range cssVariable.FindAllStringSubmatch(css, -1) {
		defined = append(defined, m[1])
	}
	for _, m := range cssUse.FindAllStringSubmatch(css, -1) {
		if !slices.Contains(defined, m[1]) {
			t.Errorf("style.css uses --%s, which is not among the variables: %s", m[1], strings.Join(defined, ", "))
		}
	}
}

// themes returns the colours of each theme by the name of the variable.
func themes(t *testing.T) map[string]map[string]string {
	t.Helper()
	css := styles(t)
	both := regexp.MustCompile(`^light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)$`)
	all := map[string]map[string]string{"light": {}, "dark": {}, "sepia": {}}
	block := func(start string) string {
		_, rest, found := strings.Cut(css, start)
		if !found {
			t.Fatalf("style.css has no block %s", start)
		}
		rest, _, _ = strings.Cut(rest, "}")
		return rest
	}
	for _, m := range cssVariable.FindAllStringSubmatch(block(":root {"), -1) {
		if pair := both.FindStringSubmatch(m[2]); pair != nil {
			all["light"][m[1]], all["dark"][m[1]] = pair[1], pair[2]
		}
	}
	for _, m := range cssVariable.FindAllStringSubmatch(block("[data-theme=sepia] {"), -1) {
		all["sepia"][m[1]] = m[2]
	}
	return all
}

// TestThemesHaveContrast holds each theme to WCAG 2.2, 1.4.3 (text, 4.5:1) and 1.4.11 (what bounds a field, 3:1).
func TestThemesHaveContrast(t *testing.T) {
	all := themes(t)
	for theme, colours := range all {
		if len(colours) != len(all["light"]) {
			t.Errorf("%s has %d colours, light has %d", theme, len(colours), len(all["light"]))
		}
		for _, on := range []string{"background", "surface"} {
			for _, name := range []string{"text", "quiet", "link", "visited", "original", "copy", "rewrite", "excerpt", "good", "bad"} {
				if got := contrast(t, colours[name], colours[on]); got < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f, below 4.5", theme, name, on, got)
				}
			}
		}
		if got := contrast(t, colours["text"], colours["highlight"]); got < 4.5 {
			t.Errorf("%s: text on highlight has a contrast of %.2f, below 4.5", theme, got)
		}
		if got := contrast(t, colours["border-strong"], colours["background"]); got < 3 {
			t.Errorf("%s: border-strong has a contrast of %.2f, below 3", theme, got)
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + .05) / (min(la, lb) + .05)
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 24)
	if err != nil {
		t.Fatal(fmt.Errorf("colour %q: %w", colour, err))
	}
	part := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= .04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return .2126*part(16) + .7152*part(8) + .0722*part(0)
}
