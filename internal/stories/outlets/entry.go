package outlets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"

	"headwater/internal/news"
	"headwater/internal/text"
)

// isNamesakeOf reports whether an entry with a common name or alias is another outlet, with other domains.
func (e Entry) isNamesakeOf(other Entry) bool {
	same := func(s string) string { return s }
	return intersect(e.names(), other.names(), fold) && len(e.Domains) > 0 && len(other.Domains) > 0 && !intersect(e.Domains, other.Domains, same)
}

// Entry is an outlet as in agencies.yaml. Users' own entries add to an entry or make a new one, see Load.
type Entry struct {
	// Name is the outlet's name as shown to readers.
	Name string `yaml:"name"`
	// Domains are the outlet's own hosts; subdomains are included. The first one is its key.
	Domains []string `yaml:"domains"`
	// Aliases are other names in texts, in any script.
	Aliases []string `yaml:"aliases"`
	// Signs are the outlet's signatures in datelines and credits. They are not searched as names in running text.
	Signs []string `yaml:"signs"`
	// Langs are the languages in whose articles a name or sign of several outlets means this one, and in which its short name
	// is searched although it is quiet. The countries of its domains count as well.
	Langs []string `yaml:"langs"`
	// Agency means that others rerun its texts.
	Agency bool `yaml:"agency"`
	// Release means that it distributes press releases, which are written by the companies that pay for them.
	Release bool `yaml:"release"`
	// Aggregator means that it lists or reruns what others publish.
	Aggregator bool `yaml:"aggregator"`
	// Common means that the name is a common word. It counts only with the exact case and article, and not next to another
	// capitalised word.
	Common bool `yaml:"common"`
	// Quiet means that only the aliases are searched in running text, not the name.
	Quiet bool `yaml:"quiet"`
	// Namesake means that it is another outlet than the entries before it with the same name or aliases. Two entries of the
	// configuration with domains of their own are namesakes without it. See Registry.Namesakes.
	Namesake bool `yaml:"namesake"`
	// Edited means that people changed it while the program ran, see Registry.Amend.
	Edited bool `yaml:"-"`
}

// Outlet returns the entry as a news.Outlet.
func (e Entry) Outlet() news.Outlet {
	o := news.Outlet{Name: e.Name, Agency: e.Agency}
	if len(e.Domains) > 0 {
		o.Domain = e.Domains[0]
	}
	return o
}

// names returns the names that identify the entry: name and aliases.
func (e Entry) names() []string {
	return append([]string{e.Name}, e.Aliases...)
}

// document is the content of agencies.yaml.
type document struct {
	Datelines []shape `yaml:"datelines"`
	Credits   []shape `yaml:"credits"`
	Outlets   []Entry `yaml:"outlets"`

	Redirectors []string `yaml:"redirectors"`
	Platforms   []string `yaml:"platforms"`

	lines []int // line numbers of the Outlets
}

func parse(data []byte) (document, error) {
	var doc document
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&doc); err != nil {
		return document{}, withLine(err)
	}
	var nodes struct {
		Outlets []yaml.Node `yaml:"outlets"`
	}
	if err := yaml.Unmarshal(data, &nodes); err != nil {
		return document{}, withLine(err)
	}
	for _, n := range nodes.Outlets {
		doc.lines = append(doc.lines, n.Line)
	}
	return doc, doc.check()
}

// check returns an error if entries cannot be distinguished.
func (d document) check() error {
	var errs []error
	hosts, names := map[string]string{}, map[string]string{}
	for i, e := range d.Outlets {
		if err := e.check(); err != nil {
			errs = append(errs, fmt.Errorf("agencies.yaml:%d: %w", d.lines[i], err))
		}
		for _, host := range e.Domains {
			if other := claimKey(hosts, host, e.Name); other != "" {
				errs = append(errs, fmt.Errorf("agencies.yaml:%d: %s: %s also has the domain %s; take it out of one of them",
					d.lines[i], e.Name, other, host))
			}
		}
		for _, name := range e.names() {
			if other := claimKey(names, fold(name), e.Name); other != "" && !e.Namesake {
				errs = append(errs, fmt.Errorf("agencies.yaml:%d: %s: %s is also called %q; take it out of one of them, or set namesake: true",
					d.lines[i], e.Name, other, name))
			}
		}
	}
	return errors.Join(errs...)
}

// claimKey assigns key to owner. It returns the other owner if the key is already assigned, or "".
func claimKey(taken map[string]string, key, owner string) string {
	if other, ok := taken[key]; ok && other != owner {
		return other
	}
	taken[key] = owner
	return ""
}

var hostname = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)

func (e Entry) check() error {
	if fold(e.Name) == "" {
		return errors.New(`an outlet has no name; give it one, as in "name: The Example"`)
	}
	for _, d := range e.Domains {
		if !hostname.MatchString(d) || strings.HasPrefix(d, "www.") {
			return fmt.Errorf("%s: %q is no domain; write it like example.com, in small letters and without www", e.Name, d)
		}
	}
	for _, a := range e.Aliases {
		if fold(a) == "" {
			return fmt.Errorf("%s: the alias %q has no letters; take it out", e.Name, a)
		}
	}
	if e.Namesake && len(e.Domains) == 0 {
		return fmt.Errorf("%s: a namesake is told from the others of its name by its domain; give it one", e.Name)
	}
	if e.Agency && e.Release {
		return fmt.Errorf("%s: an entry is an agency or spreads press releases, not both", e.Name)
	}
	return nil
}

var lineError = regexp.MustCompile(`(?:^yaml: )?line (\d+): (.*)`)

// withLine formats yaml's errors as agencies.yaml:LINE: problem.
func withLine(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("agencies.yaml: it is empty; put the one of the repository back")
	}
	messages := []string{err.Error()}
	if typed, ok := errors.AsType[*yaml.TypeError](err); ok {
		messages = typed.Errors
	}
	var errs []error
	for _, m := range messages {
		if found := lineError.FindStringSubmatch(m); found != nil {
			what := strings.Replace(found[2], " in type outlets.Entry", "; see the top of the file for the keys of an outlet", 1)
			m = found[1] + ": " + what
		}
		errs = append(errs, errors.New("agencies.yaml:"+m))
	}
	return errors.Join(errs...)
}

func intersect(a, b []string, key func(string) string) bool {
	return slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool { return key(x) == key(y) })
	})
}

// signs reports whether a dateline may name the entry.
func (e Entry) signs() bool { return e.Agency || e.Release }

// shape is the form of a dateline or credit in agencies.yaml.
type shape struct {
	Like    string   `yaml:"like"`
	Langs   []string `yaml:"langs"`
	Kind    string   `yaml:"kind"`
	Outlet  string   `yaml:"outlet"`
	Pattern string   `yaml:"pattern"`
}

// Fold normalises a name for comparison, see Registry.ByName.
func Fold(name string) string { return fold(name) }

// fold normalises names for comparison. It ignores compatibility forms, case, accents, punctuation and a leading "The". "The
// Wall Street Journal" and "wall street journal" become equal, and so do ＡＦＰ and AFP.
func fold(name string) string {
	var b strings.Builder
	for _, r := range text.WithoutAccents(strings.ToLower(norm.NFKC.String(name))) {
		switch {
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsNumber(r):
			b.WriteRune(r)
		case strings.ContainsRune(".'’‘·・!", r): // U.S. News, Barron's, ニューヨーク・タイムズ, Yahoo!
		default:
			b.WriteByte(' ')
		}
	}
	folded := strings.Join(strings.Fields(b.String()), " ")
	return strings.TrimPrefix(folded, "the ")
}

// isWord reports whether a rune belongs to a word: a letter or a digit.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

// spacedWord reports whether a rune belongs to a word of a script with spaces and without particles.
func spacedWord(r rune) bool { return isWord(r) && text.ScriptOf(r) == text.Spaced }

// begins reports whether a word may begin with a rune right after another rune.
func begins(first, before rune) bool {
	s := text.ScriptOf(first)
	return s == text.Arabic || s > text.Katakana || !isWord(first) || !isWord(before) || s != text.ScriptOf(before)
}

// ends reports whether a word may end with a rune right before another rune.
func ends(last, after rune) bool {
	s := text.ScriptOf(last)
	return s == text.Hangul || s > text.Katakana || !isWord(last) || !isWord(after) || s != text.ScriptOf(after)
}

// signKey normalises signs for comparison: only width and a leading article are ignored.
func signKey(s string) string {
	s = norm.NFKC.String(s)
	if len(s) > 4 && strings.EqualFold(s[:4], "the ") {
		return s[4:]
	}
	return s
}

func startsUpper(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(r)
}

func wordEnd(s string) int {
	if i := strings.IndexFunc(s, func(r rune) bool { return !isWord(r) }); i >= 0 {
		return i
	}
	return len(s)
}

func wordStart(s string) int {
	i := strings.LastIndexFunc(s, func(r rune) bool { return !isWord(r) })
	if i < 0 {
		return 0
	}
	_, size := utf8.DecodeRuneInString(s[i:])
	return i + size
}

// opensSentence reports whether a sentence begins after text.
func opensSentence(text string) bool {
	text = strings.TrimRight(text, " ")
	r, _ := utf8.DecodeLastRuneInString(text)
	return text == "" || strings.ContainsRune(".!?:;\n\"“”‘’(—–", r)
}
