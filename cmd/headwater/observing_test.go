package main

import (
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
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

// TestRequestsAreCounted holds that requests to pages, REST API and API of feed readers are counted by route, whatever they ask for.
func TestRequestsAreCounted(t *testing.T) {
	srv, _ := serveEmpty(t, func(c *config.Config) { c.PublicURL = "" }) // nobody logs in
	for _, asked := range []route{
		{"GET", "/"},
		{"GET", "/story/1"},
		{"GET", "/story/2"},
		{"GET", "/nothing/here"},
		{"GET", "/reader/api/0/tag/list"},
		{"GET", "/api/greader.php/reader/api/0/tag/list/"},
		{"GET", "/reader/api/0/stream/contents/feed/http://site.example/feed"},
		{"GET", "/reader/atom/feed/1"},
		{"POST", "/accounts/ClientLogin"},
		{"GET", "/reader/api/0/none"},
		{"GET", "/api/v1/stories/1"},
	} {
		asked.ask(t, srv.URL)
	}
	counted := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^headwater_http_requests_total\{code="\d+",route="([^"]+)"\} (\d+)$`).FindAllStringSubmatch((route{"GET", "/metrics"}).ask(t, srv.URL).body, -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		counted[m[1]] += n
	}
	want := map[string]int{
		"GET /{$}": 1, "GET /story/{id}": 2, "GET /api/v1/stories/{id}": 1, "none": 2,
		"GET /reader/api/0/tag/list": 2, "GET /reader/api/0/stream/contents": 1, "GET /reader/atom/{stream...}": 1, "POST /accounts/ClientLogin": 1,
	}
	if diff := cmp.Diff(want, counted); diff != "" {
		t.Errorf("counted requests (-want +got):\n%s", diff)
	}
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
