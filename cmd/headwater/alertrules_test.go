package main

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// observing is the folder with the alert rules and the dashboard.
const observing = "../../docs/observing/"

// dashboard is what the tests read of a Grafana dashboard.
type dashboard struct {
	Panels []struct {
		Title   string
		Type    string
		Targets []struct {
			Expr       string
			Datasource struct{ UID string }
		}
	}
	Templating struct {
		List []struct{ Name, Type string }
	}
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	data, err := os.ReadFile(observing + "dashboard.json")
	if err == nil {
		err = json.Unmarshal(data, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

type alertRule struct {
	Alert, Expr string
	Annotations struct{ Summary, Description string }
}

func readRules(t *testing.T) (rules []alertRule) {
	t.Helper()
	var file struct {
		Groups []struct{ Rules []alertRule }
	}
	data, err := os.ReadFile(observing + "alerts.yaml")
	if err == nil {
		err = yaml.Unmarshal(data, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		rules = append(rules, g.Rules...)
	}
	return rules
}

// expressions returns what the rules and the dashboard ask Prometheus, by where they do. The variables of Grafana have values.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, r := range readRules(t) {
		all["alert "+r.Alert] = r.Expr
	}
	for _, p := range readDashboard(t).Panels {
		for _, target := range p.Targets {
			all["panel "+p.Title+": "+target.Expr] = strings.NewReplacer("$__rate_interval", "5m", "$job", ".*").Replace(target.Expr)
		}
	}
	return all
}

var (
	metricInExpression = regexp.MustCompile(`\b(?:headwater|process|go)_\w+`)
	suffixOfHistogram  = regexp.MustCompile(`_(?:bucket|sum|count)$`)
)

// TestExpressionsUseMetricsThatExist holds the metrics of rules and dashboard against what /metrics gives.
func TestExpressionsUseMetricsThatExist(t *testing.T) {
	body := scrape(t)
	exists := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\w+) `).FindAllStringSubmatch(body, -1) {
		exists[m[1]] = true
	}
	used := 0
	for where, expr := range expressions(t) {
		names := metricInExpression.FindAllString(expr, -1)
		if len(names) == 0 {
			t.Errorf("%s asks for no metric", where)
		}
		for _, name := range names {
			if used++; !exists[name] && !exists[suffixOfHistogram.ReplaceAllString(name, "")] {
				t.Errorf("%s asks for %s, which /metrics does not give", where, name)
			}
		}
	}
	if used < 40 {
		t.Errorf("only %d metrics were found in the expressions", used)
	}
}

// TestRulesSayWhatToDo holds that each rule has a sentence that says what is wrong and one that says what to do.
func TestRulesSayWhatToDo(t *testing.T) {
	for _, r := range readRules(t) {
		if !strings.HasSuffix(r.Annotations.Summary, ".") || len(r.Annotations.Description) < 40 {
			t.Errorf("%s: %q, %q", r.Alert, r.Annotations.Summary, r.Annotations.Description)
		}
	}
}

// TestDashboardHasADataSource holds that the dashboard can be imported anywhere: each panel asks the data source that is chosen.
func TestDashboardHasADataSource(t *testing.T) {
	d := readDashboard(t)
	if v := d.Templating.List; len(v) == 0 || v[0].Name != "datasource" || v[0].Type != "datasource" {
		t.Errorf("variables: %+v", v)
	}
	for _, p := range d.Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %s asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			if target.Datasource.UID != "${datasource}" {
				t.Errorf("panel %s asks %q", p.Title, target.Datasource.UID)
			}
		}
	}
}

// TestPromtool lets Prometheus' own tool check the rules, their unit tests, the expressions of the dashboard and the exposition.
func TestPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		promtool, err = filepath.Abs("../../.tools/bin/promtool")
		if err == nil {
			_, err = os.Stat(promtool)
		}
	}
	if err != nil {
		t.Skip("promtool is not there; make test gets it")
	}
	type rule struct {
		Record string `yaml:"record"`
		Expr   string `yaml:"expr"`
	}
	asked := expressions(t)
	var rules []rule
	for _, where := range slices.Sorted(maps.Keys(asked)) {
		rules = append(rules, rule{"asked", asked[where]})
	}
	panels, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "expressions", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "panels.yaml")
	if err := os.WriteFile(file, panels, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, stdin string
		args        []string
	}{
		{"rules", "", []string{"check", "rules", "alerts.yaml"}},
		{"unit tests of rules", "", []string{"test", "rules", "alerts_test.yaml"}},
		{"expressions of the dashboard", "", []string{"check", "rules", "--lint=none", file}},
		{"exposition", scrape(t), []string{"check", "metrics"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), promtool, tt.args...)
			cmd.Dir, cmd.Stdin = observing, strings.NewReader(tt.stdin)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("promtool %s: %v\n%s", strings.Join(tt.args, " "), err, out)
			}
		})
	}
}
