// Package words holds the words and phrases of all languages by which texts are read: a file a kind of words. README.md
// says how the files are written and how to add a language.
package words

import (
	"embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

//go:embed *.txt
var files embed.FS

// Phrase is a word or a phrase, with the section that it stands in.
type Phrase struct {
	Section string
	Lang    string // ISO 639-1 code; "mul" where a line is of several languages
	Text    string
}

// sections are those of each file. One that ends in "!" keeps capitals, which make a difference there.
var sections = map[string][]string{
	"appeals.txt": {
		"newsletter start", "newsletter holds", "own newsletter start", "own newsletter holds", "elsewhere start", "elsewhere holds",
		"cookies start", "cookies holds", "money start", "money holds", "notice start",
	},
	"boilerplate.txt": {"sentence", "button", "network", "heading of links"},
	"bylines.txt":     {"by", "name", "date", "time", "crew start", "short crew start", "crew end"},
	"captions.txt":    {"agency", "start", "photo verb", "credit start", "credit holds", "last credit!", "credit end!"},
	"comments.txt":    {"comment"},
	"cues.txt": {
		"scoop before", "scoop after", "part before", "part after", "source before", "report before", "report after",
		"report closing", "report says", "told before", "told after", "nothing before", "nothing after",
		"article", "noun", "adverb", "writer", "and", "itself", "of", "kind", "another source", "by", "by and", "by with", "by in", "helped", "role", "date",
		"abbreviation",
	},
	"forms.txt":     {"video", "recording", "picture gallery", "newsletter", "press release"},
	"fulltext.txt":  {"ending", "wall"},
	"furniture.txt": {"comments", "more", "more start", "count", "author", "post start", "post by"},
	"roundups.txt":  {"title holds", "title start", "title end", "address", "address holds"},
	"languages.txt": {"frequent"},
	"leads.txt":     {"shell holds", "shell start", "shell end", "comment start", "comment holds", "market", "market moves"},
	"mentions.txt":  {"neutral!", "reporting"},
	"promotional.txt": {
		"label", "bracketed", "section",
	},
	"slugs.txt":     {"Reuters"},
	"sources.txt":   {"source start", "rights start"},
	"stopwords.txt": {"stop word"},
	"titles.txt":    {"head", "version", "version unspaced", "section", "outlet", "broadcaster!"},
	"unlisted.txt": {
		"noun!", "noun after", "adjective!", "owner", "nation!", "sentence start!", "no name start!", "last!", "short!", "broadcast!", "first!",
		"no outlet!", "generic last!", "generic first!",
	},
}

// Phrases gives those of a file, in its order. It panics where the file is wrong: a test reads them all.
func Phrases(file string) []Phrase {
	data, err := files.ReadFile(file)
	if err != nil {
		panic(err)
	}
	phrases, err := parse(file, string(data))
	if err != nil {
		panic(err)
	}
	return phrases
}

// Lists gives the phrases of each section of a file, in its order.
func Lists(file string) map[string][]string {
	lists := map[string][]string{}
	for _, p := range Phrases(file) {
		lists[p.Section] = append(lists[p.Section], p.Text)
	}
	return lists
}

// Sets gives the phrases of each section of a file.
func Sets(file string) map[string]map[string]bool {
	sets := map[string]map[string]bool{}
	for section, list := range Lists(file) {
		sets[section] = map[string]bool{}
		for _, text := range list {
			sets[section][text] = true
		}
	}
	return sets
}

// Recurring gives recurring.txt, which has patterns in a form of its own. Package group reads it.
func Recurring() string { return whole("recurring.txt") }

// WireCodes gives wirecodes.txt, which has regular expressions. Package clean reads it.
func WireCodes() string { return whole("wirecodes.txt") }

func whole(file string) string {
	data, err := files.ReadFile(file)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(data)
}

var languageCode = regexp.MustCompile(`^([a-z]{2}|mul): +`)

// parse reads a file. Its errors say in which lines it is wrong and what to do.
func parse(file, data string) ([]Phrase, error) {
	var (
		phrases []Phrase
		errs    []error
		section string
		cased   bool
	)
	lines := map[Phrase]int{}
	for i, line := range strings.Split(data, "\n") {
		wrong := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("%s:%d: %s", file, i+1, fmt.Sprintf(format, args...)))
		}
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if name, ok := strings.CutPrefix(line, "["); ok && strings.HasSuffix(name, "]") {
			section = strings.TrimSuffix(name, "]")
			cased = slices.Contains(sections[file], section+"!")
			if !cased && !slices.Contains(sections[file], section) {
				wrong("there is no section [%s]; the top of the file names them", section)
			}
			continue
		}
		code := languageCode.FindString(line)
		if code == "" {
			wrong("%q does not begin with a language; write one as in \"en: a word; another\"", line)
			continue
		}
		lang := strings.TrimRight(code, ": ")
		if _, err := language.ParseBase(lang); err != nil {
			wrong("there is no language %q; use its code of ISO 639-1, or \"mul\" for several languages", lang)
		}
		if section == "" {
			wrong("%q stands before the first section", line)
			continue
		}
		for text := range strings.SplitSeq(strings.TrimSuffix(line[len(code):], ";"), ";") {
			text = strings.Trim(text, " ")
			if !norm.NFC.IsNormalString(text) {
				text = norm.NFC.String(text)
			}
			switch {
			case strings.Trim(text, "_") == "":
				wrong("nothing stands between two semicolons")
				continue
			case !cased && text != strings.ToLower(text):
				wrong("%q has a capital; phrases of this section are compared in small letters, so write it in these", text)
			}
			p := Phrase{section, lang, spaced(text)}
			if at := lines[p]; at > 0 {
				wrong("%q stands in line %d too; take it out of one of them", text, at)
			}
			lines[p] = i + 1
			phrases = append(phrases, p)
		}
	}
	for _, s := range sections[file] {
		if s = strings.TrimSuffix(s, "!"); !slices.ContainsFunc(phrases, func(p Phrase) bool { return p.Section == s }) {
			errs = append(errs, fmt.Errorf("%s: the section [%s] is empty or missing", file, s))
		}
	}
	return phrases, errors.Join(errs...)
}

// spaced puts a space in the place of an underscore at either end of a phrase.
func spaced(text string) string {
	if rest, ok := strings.CutPrefix(text, "_"); ok {
		text = " " + rest
	}
	if rest, ok := strings.CutSuffix(text, "_"); ok {
		text = rest + " "
	}
	return text
}
