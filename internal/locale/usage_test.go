package locale

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
	"unicode"

	"golang.org/x/net/html"
)

// root has the program's sources, seen from here.
const root = "../.."

// writers are the functions that take the English form of a text, with its place among their arguments.
var writers = map[string]int{"Text": 0, "Rich": 0, "Key": 0, "notFound": 0, "badRequest": 0, "conflict": 1}

// messageFields are fields of that kind, of types by name. Those of packages below the pages are found again by locale.Known.
var messageFields = map[string][]string{
	"problem": {"Heading", "Message"}, "RefusedError": {"Text"}, "QueryError": {"Problem", "Advice"}, "AlertError": {"Text"}, "LoginError": {"Text"},
}

// unswept are templates whose words are in English alone: entries of combined feeds are the same for whoever subscribes.
var unswept = []string{"publish/entry.html"}

// texts collects the texts of the program with where each stands.
type texts map[string]string

func (x texts) add(key, at string) {
	if x[key] == "" {
		x[key] = at
	}
}

// Every text that pages and mails show has a form in each language, and every form is of a text that is shown.
func TestCataloguesAreWhole(t *testing.T) {
	used, known, literals := texts{}, texts{}, texts{} // literals are all strings of the program
	plain := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".html"), filepath.Base(path) == "digest.txt":
			return fromTemplate(path, used, plain)
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			return fromGo(path, used, known, literals)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(used) < 20 {
		t.Fatalf("only %d texts were found", len(used))
	}
	for text, at := range plain {
		if slices.ContainsFunc(unswept, func(file string) bool { return strings.HasSuffix(at, file) }) {
			continue
		}
		t.Errorf("%s: %q is written in English alone; write {{t %q}}", at, text, text)
	}
	for _, l := range Languages() {
		for _, c := range l.conflicts {
			t.Error(c)
		}
		have := map[string]bool{}
		for _, key := range append(slices.Collect(maps.Keys(l.plain)), slices.Collect(maps.Keys(l.plural))...) {
			have[key] = true
			if len(verbs(key)) > 0 && used[key] == "" && !slices.ContainsFunc(l.known, func(p pattern) bool { return p.key == key }) {
				t.Errorf("languages/%s: %q is made by another package; move it to languages/%s/%s", l.Tag, key, l.Tag, knownFolder)
			}
			if used[key] == "" && known[key] == "" && !made(key, literals) && known["%s"+key] == "" {
				t.Errorf("languages/%s: %q is not used", l.Tag, key)
			}
		}
		for key, at := range used {
			switch {
			case l.Tag == "en" && !l.plural[key] && pluralWord.MatchString(key):
				t.Errorf("%s: %q needs plural forms in languages/en", at, key)
			case l.Tag != "en" && !have[key]:
				t.Errorf("%s: %q has no form in languages/%s", at, key, l.Tag)
			}
		}
		for key, at := range known {
			if l.Tag != "en" && !have[key] {
				t.Errorf("%s: %q has no form in languages/%s", at, key, l.Tag)
			}
		}
	}
}

// joints put texts of other packages together that have keys of their own.
var joints = []string{"a person said so on %s", "%s: “%s”", "It belongs here because it credits %s, %s.", "%s, in the same words", "%s, in its headline", "did you mean is:%s? write %s", "%s, on the page that %s links to"}

// made says whether a package may make the text of a key: its format is a string of the program, alone or after its subject.
func made(key string, literals texts) bool {
	ends := []string{key, key + "%s", " " + key}
	for _, subject := range []string{"it ", "its page ", "%s ", "%s"} {
		if rest, ok := strings.CutPrefix(key, subject); ok {
			ends = append(ends, rest, rest+"%s", "%s "+rest, strings.TrimSuffix(rest, "%s"))
		}
	}
	return slices.Contains(joints, key) || slices.ContainsFunc(ends, func(format string) bool { return literals[format] != "" })
}

// pluralWord finds a number before a word that may be in the plural.
var pluralWord = regexp.MustCompile(`%(\[\d\])?d (more |earlier |other |shared |own )?\pL+s\b`)

// fromGo adds the texts of a Go file: those that are written, those that are known again, and all.
func fromGo(path string, used, known, literals texts) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	add := func(to texts, e ast.Expr) {
		if text, ok := formatOf(e); ok && text != "%s" {
			to.add(text, set.Position(e.Pos()).String())
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if at, ok := writers[nameOf(n.Fun)]; ok && at < len(n.Args) {
				add(used, n.Args[at])
			}
			if nameOf(n.Fun) == "refuse" && len(n.Args) > 0 && !strings.Contains(path, "/serve/") { // of pipeline, after the cause, and of subscribe
				add(known, n.Args[0])
				if len(n.Args) > 1 {
					add(known, n.Args[1])
				}
			}
			if nameOf(n.Fun) == "fail" && len(n.Args) == 3 && strings.Contains(path, "/internal/search/") { // of the query language: the place, the problem, the advice
				add(known, n.Args[1])
				add(known, n.Args[2])
			}
		case *ast.CompositeLit:
			of := nameOf(n.Type)
			for _, e := range n.Elts {
				kv, ok := e.(*ast.KeyValueExpr)
				switch {
				case !ok || !slices.Contains(messageFields[of], nameOf(kv.Key)):
				case of == "problem":
					add(used, kv.Value)
				default:
					add(known, kv.Value)
				}
			}
		case *ast.BasicLit:
			add(literals, n)
		}
		return true
	})
	return nil
}

// nameOf is the last name of a name or a selector.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// literal is the text of a string, which may be joined of several.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		a, isA := literal(e.X)
		b, isB := literal(e.Y)
		return a + b, isA && isB && e.Op == token.ADD
	}
	return "", false
}

// formatOf is the format of a text: a string, the first argument of Sprintf, or strings joined with what fills them.
func formatOf(e ast.Expr) (string, bool) {
	if text, ok := literal(e); ok {
		return text, true
	}
	switch e := e.(type) {
	case *ast.CallExpr:
		if nameOf(e.Fun) == "Sprintf" {
			return literal(e.Args[0])
		}
	case *ast.BinaryExpr:
		a, isA := formatOf(e.X)
		b, isB := formatOf(e.Y)
		switch {
		case isA && isB:
			return a + b, true
		case isA:
			return a + "%s", true
		case isB:
			return "%s" + b, true
		}
	}
	return "", false
}

// inTemplate are the functions of templates that write texts.
var inTemplate = []string{"t", "th"}

// fromTemplate adds the texts of a template, and to plain the words that stand in it as they are.
func fromTemplate(path string, used texts, plain map[string]string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	sets := map[string]*parse.Tree{}
	tree := parse.New(path)
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(string(source), "", "", sets); err != nil {
		return err
	}
	for _, set := range sets {
		var page strings.Builder
		walk(set.Root, func(n parse.Node) {
			switch n := n.(type) {
			case *parse.TextNode:
				page.Write(n.Text)
			case *parse.CommandNode:
				if len(n.Args) > 1 && slices.Contains(inTemplate, n.Args[0].String()) {
					if text, ok := n.Args[1].(*parse.StringNode); ok {
						at, _ := set.ErrorContext(n)
						used.add(text.Text, at)
					}
				}
			}
		})
		for _, text := range wordsOf(page.String()) {
			plain[text] = path
		}
	}
	return nil
}

// walk visits the nodes of a template, with those in branches and in parentheses.
func walk(n parse.Node, visit func(parse.Node)) {
	visit(n)
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe, visit)
		walk(b.List, visit)
		if b.ElseList != nil {
			walk(b.ElseList, visit)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			walk(child, visit)
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			walk(n.Pipe, visit)
		}
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			walk(c, visit)
		}
	case *parse.CommandNode:
		for _, a := range n.Args {
			if _, ok := a.(*parse.PipeNode); ok {
				walk(a, visit)
			}
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	}
}

// shownAttributes are attributes whose values people read.
var shownAttributes = []string{"aria-label", "title", "alt", "placeholder", "data-name"}

// samples are what templates may show in every language: commands, addresses and names.
var samples = []string{"headwater", "https://", "example.com"}

// wordsOf lists the words of a part of a page that a reader would see.
func wordsOf(page string) (all []string) {
	add := func(text string) {
		text = strings.TrimSpace(text)
		if strings.ContainsFunc(text, unicode.IsLetter) && !slices.ContainsFunc(samples, func(s string) bool { return strings.Contains(text, s) }) {
			all = append(all, text)
		}
	}
	z := html.NewTokenizer(strings.NewReader(page))
	code := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return all
		case html.TextToken:
			if code == 0 {
				add(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			if token.Data == "code" {
				code++
			}
			for _, a := range token.Attr {
				if slices.Contains(shownAttributes, a.Key) {
					add(a.Val)
				}
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "code" {
				code--
			}
		}
	}
}

// sentence finds strings that are texts: words with a space between them.
var sentence = regexp.MustCompile(`\pL{2,} \pL{2,}`)

// untold are functions whose strings no page shows.
var untold = []string{"Errorf", "New", "Error", "Warn", "Info", "Debug", "panic", "MustCompile"}

// notTexts are the strings of the pages' code that are no texts of pages: of headers, style sheets, forms and combined feeds, which are
// the same for all readers.
var notTexts = []string{
	"<img", "<%s controls", "; media-src ", "at once", ", not from ", "retry after", "skip hours", "skip days", "light dark", "const build", "Basic realm",
	"Every story once, under its original source.", "Stories that match ", "Stories that feeds of the folder ", "Stories that ", " of the folder ",
}

// The code of pages has no texts beside those that are looked up in the catalogues.
func TestPagesWriteNoEnglish(t *testing.T) {
	files, err := filepath.Glob(root + "/internal/serve/web/*.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				_, written := writers[nameOf(n.Fun)]
				return !written && !slices.Contains(untold, nameOf(n.Fun))
			case *ast.CompositeLit:
				return messageFields[nameOf(n.Type)] == nil
			case *ast.ImportSpec, *ast.Field:
				return false
			case *ast.BasicLit:
				text, ok := literal(n)
				if ok && sentence.MatchString(text) && !slices.ContainsFunc(notTexts, func(s string) bool { return strings.HasPrefix(text, s) }) {
					t.Errorf("%s: %q is written in English alone; write l.Text(%q), or mark it by locale.Key", set.Position(n.Pos()), text, text)
				}
			}
			return true
		})
	}
}
