package locale

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

//go:embed languages
var files embed.FS

// knownFolder has, in the folder of a language, the texts that other packages make, which are found again by their words.
const knownFolder = "known"

// settingsFile is the one file of a language that has no texts.
const settingsFile = "language.yaml"

// loaded reads the catalogues when the first text is written, as most commands write none. It panics where a catalogue is malformed,
// which no input can bring about.
var loaded = sync.OnceValue(func() []*Language {
	all, err := load(files)
	if err != nil {
		panic(fmt.Sprintf("locale: embedded catalogues: %v", err))
	}
	return all
})

// settings are the content of language.yaml: how a language writes what is no text.
type settings struct {
	Name        string    `yaml:"name"`          // its own: "Deutsch"
	RTL         bool      `yaml:"right_to_left"` // written from right to left
	TwelveHours []string  `yaml:"twelve_hours"`  // regions, ISO 3166: US
	Months      []string  `yaml:"months"`
	MonthsShort []string  `yaml:"months_short"`
	Days        []string  `yaml:"days"` // Sunday first
	DaysShort   []string  `yaml:"days_short"`
	Dates       dateForms `yaml:"dates"`
}

// dateForms are layouts of package time.
type dateForms struct {
	Day         string `yaml:"day"`
	DayYear     string `yaml:"day_year"`
	Weekday     string `yaml:"weekday"`
	WeekdayYear string `yaml:"weekday_year"`
	Long        string `yaml:"long"`
	LongYear    string `yaml:"long_year"`
	Full        string `yaml:"full"`
	Time        string `yaml:"time"`
	Time12      string `yaml:"time_12"`
	DateTime    string `yaml:"date_and_time"` // a format with the date and the time
}

// load reads a folder languages that holds a folder for each language.
func load(files fs.FS) ([]*Language, error) {
	tags, err := tagsIn(files)
	if err != nil {
		return nil, err
	}
	var all []*Language
	var errs []error
	for _, tag := range tags {
		l, err := loadLanguage(files, tag)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, l)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(all) == 0 || all[0].Tag != "en" {
		return nil, errors.New("languages/en is missing")
	}
	slices.SortFunc(all[1:], func(a, b *Language) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// tagsIn lists the folders of languages, English first, then by their names.
func tagsIn(files fs.FS) (tags []string, _ error) {
	folders, err := fs.ReadDir(files, "languages")
	for _, f := range folders {
		switch {
		case f.Name() == "en":
			tags = slices.Insert(tags, 0, f.Name())
		case f.IsDir():
			tags = append(tags, f.Name())
		}
	}
	return tags, err
}

// entry is the form of a text in a language: one, or one for each plural.
type entry struct {
	text  string
	forms map[string]string // by CLDR's names: one, other, ...
	count int               // which argument decides on the form; 1 is the first
	known bool              // it stands in knownFolder
	at    string            // file:line
}

func loadLanguage(files fs.FS, tag string) (*Language, error) {
	parsed, err := language.Parse(tag)
	if err != nil {
		return nil, fmt.Errorf("languages/%s: the folder's name is no language tag, such as fr: %w", tag, err)
	}
	l := &Language{Tag: tag, tag: parsed, plain: map[string]string{}, plural: map[string]bool{}}
	folder := path.Join("languages", tag)
	data, err := fs.ReadFile(files, path.Join(folder, settingsFile))
	if err != nil {
		return nil, err
	}
	if err := l.settings.read(data); err != nil {
		return nil, fmt.Errorf("%s: %w", path.Join(folder, settingsFile), err)
	}
	names, err := fs.Glob(files, path.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	known, err := fs.Glob(files, path.Join(folder, knownFolder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	entries := map[string]entry{}
	var errs []error
	for _, name := range append(names, known...) {
		if path.Base(name) == settingsFile {
			continue
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		conflicts, err := readEntries(name, data, entries, path.Base(path.Dir(name)) == knownFolder)
		errs = append(errs, err)
		l.conflicts = append(l.conflicts, conflicts...)
	}
	b := catalog.NewBuilder(catalog.Fallback(parsed))
	for key, e := range entries {
		if e.forms == nil {
			l.plain[key] = e.text
			continue
		}
		l.plural[key] = true
		var cases []any
		for _, form := range []string{"zero", "one", "two", "few", "many", "other"} { // other last, as it matches everything
			if text, ok := e.forms[form]; ok {
				cases = append(cases, form, text)
			}
		}
		if err := b.Set(parsed, key, plural.Selectf(e.count, "%d", cases...)); err != nil {
			errs = append(errs, fmt.Errorf("%s: %q: %w", e.at, key, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	maps.DeleteFunc(entries, func(_ string, e entry) bool { return !e.known })
	l.known = patternsOf(slices.Collect(maps.Keys(entries)))
	l.printer = message.NewPrinter(parsed, message.Catalog(b))
	return l, nil
}

// read decodes language.yaml, in which every field but right_to_left and twelve_hours is needed.
func (s *settings) read(data []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(s); err != nil {
		return err
	}
	for name, list := range map[string]struct{ have, want int }{
		"months": {len(s.Months), 12}, "months_short": {len(s.MonthsShort), 12}, "days": {len(s.Days), 7}, "days_short": {len(s.DaysShort), 7},
	} {
		if list.have != list.want {
			return fmt.Errorf("%s: %d names; give %d", name, list.have, list.want)
		}
	}
	d := s.Dates
	for name, value := range map[string]string{
		"name": s.Name, "dates.day": d.Day, "dates.day_year": d.DayYear, "dates.weekday": d.Weekday, "dates.weekday_year": d.WeekdayYear, "dates.long": d.Long,
		"dates.long_year": d.LongYear, "dates.full": d.Full, "dates.time": d.Time, "dates.time_12": d.Time12, "dates.date_and_time": d.DateTime,
	} {
		if value == "" {
			return fmt.Errorf("%s is missing", name)
		}
	}
	return nil
}

// readEntries adds the texts of a file. A text may stand in several files if its form is the same in all of them. Else the first one
// holds, and the others are given as conflicts.
func readEntries(name string, data []byte, into map[string]entry, known bool) (conflicts []string, _ error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(doc.Content) == 0 { // comments alone
		return nil, nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:%d: lines of \"English text\": form are wanted", name, top.Line)
	}
	var errs []error
	here := map[string]bool{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key := top.Content[i].Value
		e, err := readEntry(key, top.Content[i+1])
		e.at, e.known = fmt.Sprintf("%s:%d", name, top.Content[i].Line), known
		before, twice := into[key]
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %q: %w", e.at, key, err))
		case here[key]:
			errs = append(errs, fmt.Errorf("%s: %q stands twice in this file", e.at, key))
		case twice && !before.same(e):
			conflicts = append(conflicts, fmt.Sprintf("%s: %q has another form at %s; give both the same, or tell them apart by |", e.at, key, before.at))
		case !twice || known:
			into[key] = e
		}
		here[key] = true
	}
	return conflicts, errors.Join(errs...)
}

func (e entry) same(o entry) bool {
	return e.text == o.text && e.count == o.count && fmt.Sprint(e.forms) == fmt.Sprint(o.forms)
}

// readEntry reads the form of a text: a string, or a mapping of plural forms, with "count" for the argument that decides.
func readEntry(key string, n *yaml.Node) (entry, error) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" && n.Value != "" {
		return entry{text: n.Value}, checkVerbs(key, n.Value)
	}
	if n.Kind != yaml.MappingNode {
		return entry{}, errors.New("a text is wanted, or plural forms such as \"one\" and \"other\"")
	}
	e := entry{forms: map[string]string{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i].Value, n.Content[i+1]
		if name == "count" {
			if err := value.Decode(&e.count); err != nil {
				return e, fmt.Errorf("count: %w", err)
			}
			continue
		}
		e.forms[name] = value.Value
		if err := checkVerbs(key, value.Value); err != nil {
			return e, fmt.Errorf("%s: %w", name, err)
		}
	}
	if e.forms["other"] == "" {
		return e, errors.New("the form other: is missing")
	}
	if e.count == 0 {
		e.count = 1 + slices.IndexFunc(verbs(key), func(v verb) bool { return v.letter == "d" })
	}
	if e.count == 0 {
		return e, errors.New("plural forms need a number: no verb of the key is %d")
	}
	return e, nil
}

// verb is a place of a text that an argument fills.
type verb struct {
	arg    int // from 1
	letter string
}

var verbShape = regexp.MustCompile(`%(?:\[(\d)\])?(?:\.\d+)?([a-zA-Z%])`)

// verbs lists those of a text, in their order.
func verbs(text string) (all []verb) {
	next := 1
	for _, m := range verbShape.FindAllStringSubmatch(text, -1) {
		if m[2] == "%" {
			continue
		}
		if m[1] != "" {
			next = int(m[1][0] - '0')
		}
		all = append(all, verb{next, m[2]})
		next++
	}
	return all
}

// checkVerbs says how the arguments and elements of a form differ from those of its key. A form may leave out a number, as in "one
// story"; then it gives the others' positions, as in %[2]s.
func checkVerbs(key, form string) error {
	have := verbs(form)
	for _, v := range have {
		if !slices.Contains(verbs(key), v) {
			return fmt.Errorf("the verb %%[%d]%s is not in the key", v.arg, v.letter)
		}
	}
	for _, v := range verbs(key) {
		if v.letter != "d" && !slices.Contains(have, v) {
			return fmt.Errorf("the verb %%[%d]%s of the key is missing", v.arg, v.letter)
		}
	}
	if len(have) < len(verbs(key)) && len(have) > 0 && !strings.Contains(form, "%[") {
		return errors.New("not all arguments are used, so the others need their positions, such as %[2]s")
	}
	if a, b := tagsOf(key), tagsOf(form); !slices.Equal(a, b) {
		return fmt.Errorf("it has the elements %v, its key has %v", b, a)
	}
	return nil
}

// tagsOf lists the elements of a text, sorted.
func tagsOf(text string) []string {
	all := tagShape.FindAllString(text, -1)
	slices.Sort(all)
	return all
}
