// Package internal_test holds the import rule of docs/design.md: stages import news, weburl and nothing else of ours, newsroom
// puts them in order, web, api and greader show, cmd wires. .golangci.yml says the same to editors.
package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// stages import news and weburl, and others of ours only where ours says so.
var stages = []string{
	"alert", "clean", "config", "demo", "discover", "embed", "fetch", "group", "index", "opml", "origin", "outlets", "page", "parse", "poll", "prints",
	"publish", "store", "websub",
}

// ours says what of ours a package that is no stage may import. The paths are those below the module, "." is its root.
// A package that stands nowhere may not be.
func ours() map[string][]string {
	may := map[string][]string{
		".":                 {},
		"feeds":             {},
		"internal/news":     {},
		"internal/weburl":   {},
		"internal/view":     {"internal/news"},
		"internal/newsroom": {"internal/news", "internal/weburl"},
		"internal/ingress":  {"internal/weburl"},
		"internal/web":      {"internal/ingress", "internal/news", "internal/newsroom", "internal/publish", "internal/view"},
		"internal/api":      {"internal/ingress", "internal/news", "internal/newsroom", "internal/publish", "internal/view", "internal/weburl"},
		"internal/greader":  {"internal/ingress", "internal/news", "internal/newsroom", "internal/publish", "internal/weburl"},
		"cmd/headwater":     {"feeds", "internal/ingress", "internal/news", "internal/newsroom", "internal/web", "internal/api", "internal/greader", "internal/view"},
		"cmd/archive":       {"feeds", "internal/news", "internal/newsroom", "internal/outlets", "internal/prints", "internal/store"},
		"cmd/train":         {"feeds", "internal/group", "internal/news", "internal/newsroom", "internal/outlets"},
	}
	for _, s := range stages {
		stage := "internal/" + s
		may[stage] = []string{"internal/news", "internal/weburl"}
		may["internal/newsroom"] = append(may["internal/newsroom"], stage)
		may["cmd/headwater"] = append(may["cmd/headwater"], stage)
	}
	may["internal/config"] = append(may["internal/config"], ".") // config.yaml, embedded
	return may
}

// owners says which packages, below internal unless a "/" says otherwise, may import what others may not. A path covers
// those below it, and the longest that fits counts.
func owners() map[string][]string {
	return map[string][]string{
		"C":                               {},
		"code.dny.dev/ssrf":               {"fetch"},
		"codeberg.org/readeck":            {"page"},
		"github.com/andybalholm/brotli":   {"fetch"},
		"database/sql":                    {"store"},
		"github.com/alexedwards/scs":      {"web"},
		"github.com/blevesearch":          {"index"},
		"github.com/danielgtaylor/huma":   {"api"},
		"github.com/jackc/pgx":            {"store"},
		"github.com/microcosm-cc":         {"clean"},
		"github.com/mmcdole":              {"parse"},
		"github.com/nlnwa/whatwg-url":     {"weburl"},
		"github.com/pressly/goose":        {"store"},
		"github.com/robfig/cron":          {"config", "poll"},
		"github.com/schollz/progressbar":  {"cmd/headwater"},
		"github.com/spf13":                {"cmd/headwater"},
		"go.yaml.in/yaml":                 {"config", "demo", "outlets"},
		"golang.org/x/crypto":             {"newsroom"},
		"golang.org/x/net/http/httpguts":  {"config"},
		"github.com/wneessen/go-mail":     {"alert"},
		"html/template":                   {"alert", "publish", "web"},
		"modernc.org":                     {"store"},
		"net/http":                        {"alert", "api", "cmd/headwater", "cmd/archive", "demo", "embed", "fetch", "greader", "ingress", "newsroom", "web", "websub"},
		"net/http/cookiejar":              {},
		"net/http/httptest":               {},
		"net/rpc":                         {},
		"testing":                         {},
		"github.com/chromedp":             {},
		"github.com/google/go-cmp":        {},
		"pgregory.net/rapid":              {},
		"github.com/rogpeppe/go-internal": {},
		"go.uber.org/goleak":              {},
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
var dialers = []string{"internal/fetch"}

// doors are files that may use them though their packages may not. beside.go speaks to the server of the same data folder
// through a socket in that folder: to no host, and to nobody but the folder's owner. measure.go asks the server that it
// started on loopback, and is no part of the program.
var doors = []string{"cmd/headwater/beside.go", "cmd/archive/measure.go"}

// checkImports says which imports of a package break the rule.
func checkImports(p pkg) []string {
	self := below(p.ImportPath)
	may, listed := ours()[self]
	if !listed {
		return []string{self + " stands nowhere in the import rule; give it a place in internal/imports_test.go"}
	}
	var wrong []string
	for _, path := range p.Imports {
		if path == module || strings.HasPrefix(path, module+"/") {
			if other := below(path); !slices.Contains(may, other) {
				wrong = append(wrong, fmt.Sprintf("%s imports %s", self, other))
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
	packages = slices.Clone(packages)
	for i, name := range packages {
		if !strings.Contains(name, "/") {
			packages[i] = "internal/" + name
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
				wrong = append(wrong, fmt.Sprintf("%s:%d uses %s.%s, which is for internal/fetch", filepath.Base(name), at.Line, x.Name, s.Sel.Name))
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
	if len(all) < len(stages) {
		t.Fatalf("go list gives %d packages, fewer than there are stages", len(all))
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

// The rule must be able to fail.
func TestCheckImports(t *testing.T) {
	tests := []struct {
		path    string
		imports []string
		want    []string
	}{
		{"headwater/internal/parse", []string{"fmt", "headwater/internal/news", "github.com/mmcdole/gofeed/rss"}, nil},
		{"headwater/internal/newsroom", []string{"headwater/internal/parse", "headwater/internal/store"}, nil},
		{"headwater/internal/config", []string{"headwater", "github.com/robfig/cron/v3"}, nil},
		{"headwater/cmd/headwater", []string{"headwater/internal/api", "headwater/feeds", "github.com/spf13/cobra"}, nil},
		{"headwater/internal/parse", []string{"headwater/internal/clean"}, []string{"internal/parse imports internal/clean"}},
		{"headwater/internal/group", []string{"headwater/internal/newsroom"}, []string{"internal/group imports internal/newsroom"}},
		{"headwater/internal/news", []string{"headwater/internal/store"}, []string{"internal/news imports internal/store"}},
		{"headwater/internal/web", []string{"headwater/internal/store"}, []string{"internal/web imports internal/store"}},
		{"headwater/internal/fetch", []string{"headwater"}, []string{"internal/fetch imports ."}},
		{"headwater/internal/newsroom", []string{"headwater/internal/web"}, []string{"internal/newsroom imports internal/web"}},
		{
			"headwater/internal/web",
			[]string{"github.com/mmcdole/gofeed", "github.com/blevesearch/bleve/v2", "database/sql", "net/http"},
			[]string{
				"internal/web imports github.com/mmcdole/gofeed, which is for internal/parse",
				"internal/web imports github.com/blevesearch/bleve/v2, which is for internal/index",
				"internal/web imports database/sql, which is for internal/store",
			},
		},
		{
			"headwater/internal/news",
			[]string{"github.com/robfig/cron/v3", "testing", "net/http/httptest"},
			[]string{
				"internal/news imports github.com/robfig/cron/v3, which is for internal/config and internal/poll",
				"internal/news imports testing, which is for tests at most",
				"internal/news imports net/http/httptest, which is for tests at most",
			},
		},
		{
			"headwater/internal/util", nil,
			[]string{"internal/util stands nowhere in the import rule; give it a place in internal/imports_test.go"},
		},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, checkImports(pkg{ImportPath: tt.path, Imports: tt.imports})); diff != "" {
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
		{"another package's Get", `import "headwater/internal/fetch"; var _ = fetch.Get`, nil},
		{"a request", `import "net/http"; var _, _ = http.Get("x")`, []string{"x.go:2 uses http.Get, which is for internal/fetch"}},
		{"renamed", `import web "net/http"; var _ web.Client`, []string{"x.go:2 uses web.Client, which is for internal/fetch"}},
		{"a socket", `import "net"; var _ = net.Dialer{}`, []string{"x.go:2 uses net.Dialer, which is for internal/fetch"}},
	}
	for _, tt := range tests {
		got, err := checkDials("x.go", "package x\n"+tt.source+"\n")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
