package main

import (
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/config"
)

// scrape returns what /metrics of a process with all roles answers.
func scrape(t *testing.T) string {
	t.Helper()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	a := openApp(t, cfg)
	h, err := a.statusHandler(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	defer srv.Close()
	(route{"GET", "/healthz"}).ask(t, srv.URL) // so that there are requests to count
	got := (route{"GET", "/metrics"}).ask(t, srv.URL)
	if got.status != 200 {
		t.Fatalf("/metrics: %d %.300s", got.status, got.body)
	}
	return got.body
}

var (
	exposedType  = regexp.MustCompile(`(?m)^# TYPE (headwater_\w+) (\w+)$`)
	exposedLabel = regexp.MustCompile(`(?m)^(headwater_\w+)\{([^}]*)\}`)
	labelName    = regexp.MustCompile(`(\w+)="`)
	listedMetric = regexp.MustCompile("(?m)^\\| `(headwater_\\w+)(?:\\{([\\w,]*)\\})?` \\| (\\w+) \\|")
)

// exposedMetrics returns the metrics of a scrape: the type and the labels of each, by name.
func exposedMetrics(body string) map[string]string {
	labels := map[string][]string{}
	for _, m := range exposedLabel.FindAllStringSubmatch(body, -1) {
		name := m[1]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, suffix)
		}
		for _, l := range labelName.FindAllStringSubmatch(m[2], -1) {
			if l[1] != "le" && !slices.Contains(labels[name], l[1]) {
				labels[name] = append(labels[name], l[1])
			}
		}
	}
	all := map[string]string{}
	for _, m := range exposedType.FindAllStringSubmatch(body, -1) {
		slices.Sort(labels[m[1]])
		all[m[1]] = m[2] + " by " + strings.Join(labels[m[1]], ",")
	}
	return all
}

// TestMetricsAreDocumented holds the table of docs/observing.md against what /metrics gives: each metric with its type and labels.
func TestMetricsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/observing.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, m := range listedMetric.FindAllStringSubmatch(string(text), -1) {
		labels := strings.Split(m[2], ",")
		slices.Sort(labels)
		listed[m[1]] = m[3] + " by " + strings.Join(labels, ",")
	}
	if diff := cmp.Diff(exposedMetrics(scrape(t)), listed); diff != "" {
		t.Errorf("docs/observing.md lists metrics (-given +listed):\n%s", diff)
	}
}
