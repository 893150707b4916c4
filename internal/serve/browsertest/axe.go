package browsertest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Rules says which rules of axe-core are run.
type Rules int

// AllRules are those of WCAG 2.0 to 2.2, A and AA. ThemeRules are those that depend on colours: what the others say of a page holds in
// each theme.
const (
	AllRules Rules = iota
	ThemeRules
)

// axeOptions of a run. The size of targets is checked only where it is asked for by name.
var axeOptions = map[Rules]string{
	AllRules: `{resultTypes: ["violations"], runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
		rules: {"target-size": {enabled: true}}}`,
	ThemeRules: `{resultTypes: ["violations"], runOnly: {type: "rule", values: ["color-contrast", "link-in-text-block"]}}`,
}

// Axe is the source of axe-core.
type Axe string

// LoadAxe reads axe-core, which make axe installs, or skips the test where it is not installed.
func LoadAxe(t *testing.T) Axe {
	t.Helper()
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(root, ".tools", "axe", "node_modules", "axe-core", "axe.min.js"))
	if errors.Is(err, fs.ErrNotExist) {
		absent(t, "axe-core is not installed (make axe); the accessibility of the pages is not tested")
	}
	if err != nil {
		t.Fatal(err)
	}
	return Axe(source)
}

// repository is the folder that holds go.mod, at or above the one that the test runs in.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above this folder")
		}
		dir = filepath.Dir(dir)
	}
}

// Violations runs rules of axe-core over the page as it stands, and says what breaks them and where.
func (tab *Tab) Violations(axe Axe, rules Rules) []string {
	tab.t.Helper()
	if Eval[bool](tab, `!window.axe`) {
		Eval[bool](tab, string(axe)+"\n;true")
	}
	var faults []string
	for _, v := range Eval[[]violation](tab, `axe.run(document, `+axeOptions[rules]+`).then((result) => result.violations)`) {
		const shown = 3
		for _, n := range v.Nodes[:min(shown, len(v.Nodes))] {
			faults = append(faults, fmt.Sprintf("%s at %v: %s", v.ID, n.Target, strings.Join(strings.Fields(n.FailureSummary), " ")))
		}
		if more := len(v.Nodes) - shown; more > 0 {
			faults = append(faults, fmt.Sprintf("%s at %d more places", v.ID, more))
		}
	}
	return faults
}

// violation is what axe-core finds of one rule.
type violation struct {
	ID    string `json:"id"`
	Nodes []struct {
		Target         []any  `json:"target"` // selectors
		FailureSummary string `json:"failureSummary"`
	} `json:"nodes"`
}
