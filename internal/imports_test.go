// Package internal_test holds the import rule of docs/design.md: the layers, who may import which library, and that only
// intake/fetch opens connections.
package internal_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

const module = "headwater"

// pkg is what go list says about a package. Imports leaves out those of its tests, which may import what they like.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	CgoFiles   []string
	Imports    []string
}

// layers are the packages from the bottom up, by their paths below the module; "." is its root. A package may import those
// of the layers below its own. A package that stands nowhere may not be.
var layers = [][]string{
	{".", "feeds", "feeds/words", "internal/locale", "internal/seal", "internal/text", "packaging"},
	{"internal/observe", "internal/schedule", "internal/weburl"},
	{"internal/news"},
	{"internal/config", "internal/opml", "internal/stories/outlets", "internal/stories/prints"},
	{"internal/stories/compact"},
	{
		"internal/intake/clean", "internal/intake/discover", "internal/intake/fetch", "internal/intake/page", "internal/intake/parse",
		"internal/intake/poll", "internal/intake/websub", "internal/stories/embed", "internal/stories/group", "internal/stories/origin",
		"internal/store", "internal/store/pgtest", "internal/search", "internal/demo", "internal/serve/browsertest", "internal/serve/help", "internal/serve/publish",
	},
	{"internal/stories/front", "internal/outbox", "internal/intake/mail", "internal/intake/lmtp"},
	{"internal/store/storetest", "internal/stories", "internal/accounts", "internal/notify", "internal/query", "internal/saveto", "internal/subscribe"},
	{"internal/stories/stream"},
	{"internal/serve/compare", "internal/serve/ingress", "internal/serve/view"},
	{"internal/serve/access"},
	{"internal/pipeline", "internal/serve/api", "internal/serve/greader", "internal/serve/web"},
	{"internal/pipeline/pipelinetest", "cmd/archive", "cmd/cluster", "cmd/headwater", "cmd/pictures", "cmd/release", "cmd/simulate", "cmd/site", "cmd/train"},
}

// layerOf gives the layer in which a package stands, -1 where it stands in none.
func layerOf(path string) int {
	return slices.IndexFunc(layers, func(packages []string) bool { return slices.Contains(packages, path) })
}

// owners says which packages may import what others may not. A path covers those below it, and the longest that fits counts.
func owners() map[string][]string {
	return map[string][]string{
		"C":                             {},
		"code.dny.dev/ssrf":             {"internal/intake/fetch"},
		"codeberg.org/readeck":          {"internal/intake/page"},
		"github.com/andybalholm/brotli": {"internal/intake/fetch"},
		"database/sql":                  {"internal/store", "internal/store/pgtest", "internal/store/storetest"},
		"github.com/blevesearch":        {"internal/search"},
		"github.com/blevesearch/bleve/v2/analysis/lang": {"internal/text"},
		"github.com/blevesearch/snowballstem":           {"internal/text"},
		"github.com/alexedwards/scs":                    {"internal/serve/access"},
		"github.com/danielgtaylor/huma":                 {"internal/serve/api"},
		"github.com/emersion/go-sasl":                   {},
		"github.com/emersion/go-smtp":                   {"internal/intake/lmtp"},
		"github.com/jackc/pgx":                          {"internal/store", "internal/store/pgtest"},
		"github.com/microcosm-cc":                       {"internal/intake/clean"},
		"github.com/mmcdole":                            {"internal/intake/parse"},
		"github.com/nlnwa/whatwg-url":                   {"internal/weburl"},
		"github.com/pressly/goose":                      {"internal/store"},
		"github.com/prometheus":                         {"internal/observe", "internal/pipeline", "internal/serve/api"},
		"github.com/robfig/cron":                        {"internal/config", "internal/intake/poll", "internal/schedule"},
		"github.com/schollz/progressbar":                {"cmd/headwater"},
		"github.com/spf13":                              {"cmd/headwater"},
		"go.yaml.in/yaml":                               {"internal/config", "internal/demo", "internal/locale", "internal/stories/outlets"},
		"golang.org/x/crypto":                           {"internal/accounts"},
		"golang.org/x/crypto/x509roots":                 {"cmd/headwater"},
		"go.opentelemetry.io":                           {"internal/observe"},
		"google.golang.org/protobuf":                    {"internal/observe"},
		"golang.org/x/net/http/httpguts":                {"internal/config"},
		"github.com/coreos/go-oidc":                     {"internal/serve/access"},
		"golang.org/x/oauth2":                           {"internal/intake/fetch", "internal/serve/access"},
		"github.com/wneessen/go-mail":                   {"internal/notify"},
		"github.com/yuin/goldmark":                      {"internal/serve/help"},
		"html/template":                                 {"internal/locale", "internal/notify", "internal/serve/publish", "internal/serve/web"},
		"modernc.org":                                   {"internal/store"},
		"net/http":                                      {"cmd/archive", "cmd/cluster", "cmd/headwater", "internal/demo", "internal/intake/fetch", "internal/intake/websub", "internal/notify", "internal/pipeline", "internal/pipeline/pipelinetest", "internal/saveto", "internal/serve/access", "internal/serve/api", "internal/serve/greader", "internal/serve/ingress", "internal/serve/web", "internal/stories/embed", "internal/subscribe"},
		"net/http/cookiejar":                            {},
		"net/http/httptest":                             {},
		"net/rpc":                                       {},
		"testing":                                       {"internal/pipeline/pipelinetest", "internal/serve/browsertest", "internal/store/pgtest", "internal/store/storetest"},
		"github.com/chromedp":                           {"internal/serve/browsertest"},
		"github.com/google/go-cmp":                      {},
		"pgregory.net/rapid":                            {},
		"github.com/rogpeppe/go-internal":               {},
		"go.uber.org/goleak":                            {},
	}
}

// dials are the names by which a package would open a connection of its own. Only fetch does: it refuses private
// addresses, bounds what it reads and is polite.
var dials = map[string][]string{
	"net": {"Dial", "DialIP", "DialTCP", "DialTimeout", "DialUDP", "DialUnix", "Dialer"},
	"net/http": {
		"Client", "DefaultClient", "DefaultTransport", "Get", "Head", "NewRequest", "NewRequestWithContext", "Post", "PostForm",
		"RoundTripper", "Transport",
	},
	"crypto/tls": {"Client", "Dial", "DialWithDialer", "Dialer"},
}

// dialers are the packages that may use those names.
var dialers = []string{"internal/intake/fetch"}

// doors are files that may use them though their packages may not. clientserver.go speaks to the server of the same data folder
// through a socket in that folder: to no host, and to nobody but the folder's owner. The others ask servers that were started on
// loopback, by them or for them, and are no part of the program.
var doors = []string{"cmd/headwater/clientserver.go", "cmd/archive/measure.go", "cmd/archive/miniflux.go", "cmd/archive/reading.go", "cmd/archive/soak.go", "cmd/cluster/proxy.go", "internal/pipeline/pipelinetest/process.go"}

// checkImports says which imports of a package break the rule.
func checkImports(p pkg) []string {
	self := below(p.ImportPath)
	layer := layerOf(self)
	if layer < 0 {
		return []string{self + " stands in no layer; give it a place in internal/imports_test.go"}
	}
	var wrong []string
	for _, path := range p.Imports {
		if path == module || strings.HasPrefix(path, module+"/") {
			if other := below(path); layerOf(other) < 0 || layerOf(other) >= layer {
				wrong = append(wrong, fmt.Sprintf("%s imports %s, which is in no layer below", self, other))
			}
		} else if owner, only := owned(path); only && !slices.Contains(owner, self) {
			wrong = append(wrong, fmt.Sprintf("%s imports %s, which is for %s", self, path, list(owner)))
		}
	}
	return wrong
}

func below(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

// owned finds who may import a path, and whether that is limited.
func owned(path string) (packages []string, only bool) {
	best := ""
	for prefix, who := range owners() {
		if (path == prefix || strings.HasPrefix(path, prefix+"/")) && len(prefix) > len(best) {
			best, packages, only = prefix, who, true
		}
	}
	return packages, only
}

func list(packages []string) string {
	if len(packages) == 0 {
		return "tests at most"
	}
	return strings.Join(packages, " and ")
}

// checkDials says where a file uses a name of dials.
func checkDials(name string, source any) ([]string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	local := make(map[string][]string)
	for _, imported := range file.Imports {
		path := strings.Trim(imported.Path.Value, `"`)
		called := filepath.Base(path)
		if imported.Name != nil {
			called = imported.Name.Name
		}
		local[called] = dials[path]
	}
	var wrong []string
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && slices.Contains(local[x.Name], s.Sel.Name) {
				at := files.Position(s.Pos())
				wrong = append(wrong, fmt.Sprintf("%s:%d uses %s.%s, which is for internal/intake/fetch", filepath.Base(name), at.Line, x.Name, s.Sel.Name))
			}
		}
		return true
	})
	return wrong, nil
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,GoFiles,CgoFiles,Imports", "./...")
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []pkg
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImportRule(t *testing.T) {
	all := packages(t)
	for _, path := range slices.Concat(layers...) {
		if !slices.ContainsFunc(all, func(p pkg) bool { return below(p.ImportPath) == path }) {
			t.Errorf("a layer has %s, which go list does not give", path)
		}
	}
	for _, p := range all {
		if below(p.ImportPath) == "internal" {
			continue // this test
		}
		for _, wrong := range checkImports(p) {
			t.Error(wrong)
		}
		if len(p.CgoFiles) > 0 {
			t.Errorf("%s has cgo in %v; the program is built without", p.ImportPath, p.CgoFiles)
		}
		if slices.Contains(dialers, below(p.ImportPath)) {
			continue
		}
		for _, name := range p.GoFiles {
			if slices.Contains(doors, below(p.ImportPath)+"/"+name) {
				continue
			}
			wrong, err := checkDials(filepath.Join(p.Dir, name), nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range wrong {
				t.Errorf("%s: %s", below(p.ImportPath), w)
			}
		}
	}
}

// TestDesignListsPackages holds the table of docs/design.md against what packages import.
func TestDesignListsPackages(t *testing.T) {
	design, err := os.ReadFile("../docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	short := func(path string) string { return strings.TrimPrefix(below(path), "internal/") }
	want := map[string]string{}
	for _, p := range packages(t) {
		if self := short(p.ImportPath); self != "." && self != "internal" {
			var imports []string
			for _, path := range p.Imports {
				if path == module || strings.HasPrefix(path, module+"/") {
					imports = append(imports, short(path))
				}
			}
			want[self] = cmp.Or(strings.Join(imports, " "), "nothing of ours")
		}
	}
	got := map[string]string{}
	_, table, _ := strings.Cut(string(design), "| package | is for | imports |\n|---|---|---|\n")
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 3 {
			break
		}
		got[strings.TrimPrefix(cells[0], "| ")] = strings.TrimSuffix(cells[2], " |")
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("docs/design.md lists packages with what each imports (-imports +listed):\n%s", diff)
	}
}

// The rule must be able to fail.
func TestCheckImports(t *testing.T) {
	tests := []struct {
		path    string
		imports []string
		want    []string
	}{
		{"headwater/internal/intake/parse", []string{"fmt", "headwater/internal/news", "github.com/mmcdole/gofeed/rss"}, nil},
		{"headwater/internal/pipeline", []string{"headwater/internal/intake/parse", "headwater/internal/store"}, nil},
		{"headwater/internal/config", []string{"headwater", "github.com/robfig/cron/v3"}, nil},
		{"headwater/cmd/headwater", []string{"headwater/internal/serve/api", "headwater/feeds", "github.com/spf13/cobra"}, nil},
		{"headwater/internal/intake/parse", []string{"headwater/internal/intake/clean"}, []string{"internal/intake/parse imports internal/intake/clean, which is in no layer below"}},
		{"headwater/internal/stories/group", []string{"headwater/internal/pipeline"}, []string{"internal/stories/group imports internal/pipeline, which is in no layer below"}},
		{"headwater/internal/news", []string{"headwater/internal/store"}, []string{"internal/news imports internal/store, which is in no layer below"}},
		{"headwater/internal/pipeline", []string{"headwater/internal/serve/web"}, []string{"internal/pipeline imports internal/serve/web, which is in no layer below"}},
		{
			"headwater/internal/serve/web",
			[]string{"github.com/mmcdole/gofeed", "github.com/blevesearch/bleve/v2", "database/sql", "net/http"},
			[]string{
				"internal/serve/web imports github.com/mmcdole/gofeed, which is for internal/intake/parse",
				"internal/serve/web imports github.com/blevesearch/bleve/v2, which is for internal/search",
				"internal/serve/web imports database/sql, which is for internal/store and internal/store/pgtest and internal/store/storetest",
			},
		},
		{
			"headwater/internal/news",
			[]string{"github.com/robfig/cron/v3", "testing", "net/http/httptest"},
			[]string{
				"internal/news imports github.com/robfig/cron/v3, which is for internal/config and internal/intake/poll and internal/schedule",
				"internal/news imports testing, which is for internal/pipeline/pipelinetest and internal/serve/browsertest and internal/store/pgtest and internal/store/storetest",
				"internal/news imports net/http/httptest, which is for tests at most",
			},
		},
		{
			"headwater/internal/util", nil,
			[]string{"internal/util stands in no layer; give it a place in internal/imports_test.go"},
		},
	}
	for _, tt := range tests {
		if diff := gocmp.Diff(tt.want, checkImports(pkg{ImportPath: tt.path, Imports: tt.imports})); diff != "" {
			t.Errorf("%s with %v (-want +got):\n%s", tt.path, tt.imports, diff)
		}
	}
}

func TestCheckDials(t *testing.T) {
	tests := []struct {
		name, source string
		want         []string
	}{
		{"serving", `import "net/http"; var _ http.Handler; var _ = http.StatusOK`, nil},
		{"another package's Get", `import "headwater/internal/intake/fetch"; var _ = fetch.Get`, nil},
		{"a request", `import "net/http"; var _, _ = http.Get("x")`, []string{"x.go:2 uses http.Get, which is for internal/intake/fetch"}},
		{"renamed", `import web "net/http"; var _ web.Client`, []string{"x.go:2 uses web.Client, which is for internal/intake/fetch"}},
		{"a socket", `import "net"; var _ = net.Dialer{}`, []string{"x.go:2 uses net.Dialer, which is for internal/intake/fetch"}},
	}
	for _, tt := range tests {
		got, err := checkDials("x.go", "package x\n"+tt.source+"\n")
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
