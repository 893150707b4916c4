// Package locale writes texts, numbers and times for people, in their language, their time zone and their form of the hour.
//
// The English text is the key of a text, with the verbs of package fmt: Text("%d stories", 3). A catalogue has its form in a
// language, or its plural forms; what has none is written in English. What follows a | in a key tells texts apart that are the same
// in English and is not shown: "Search|verb". Numbers are written as the language does: 50,000 or 50.000. What is no number, such as
// an id, is passed as a string.
//
// A catalogue is a folder of YAML files below languages; its README.md says how to add one. locale.go has the types, catalogue.go
// reads the folders, rich.go writes texts with elements of HTML inside, time.go dates and spans, known.go texts
// that other packages made in English.
package locale

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones by name wherever the program runs

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Language is a language that there is a catalogue of. It may be used by several goroutines.
type Language struct {
	Tag string // "de"
	settings

	tag     language.Tag
	printer *message.Printer
	plain   map[string]string // texts without plural forms, by key
	plural  map[string]bool   // keys that have plural forms
	known   []pattern         // keys that texts of other packages are found by

	conflicts []string // texts with several forms, of which the first holds
}

// Locale is how one reader is written to.
type Locale struct {
	*Language
	Zone        *time.Location
	TwelveHours bool      // "3:04 pm" in place of 15:04
	Now         time.Time // of the request
}

// Clock is a form of the hour.
type Clock string

// The forms of the hour. ClockAuto is what is usual in the reader's region.
const (
	ClockAuto Clock = ""
	Clock12   Clock = "12"
	Clock24   Clock = "24"
)

// Clocks are all forms of the hour, the default first.
var Clocks = []Clock{ClockAuto, Clock12, Clock24}

// Choice is what a reader, or for those who chose nothing the instance, wants. Empty fields mean: as the browser says, then as the
// other one says.
type Choice struct {
	Language string // "de"; "" is auto
	Zone     string // name of the time zone: "Europe/Berlin"
	Clock    Clock
}

// Key marks a text that is written later, by a variable, for the test that compares catalogues with what is written.
func Key(text string) string { return text }

// Tags are those of all languages that there is a catalogue of, English first. No catalogue is read for them.
func Tags() []string {
	tags, err := tagsIn(files)
	if err != nil {
		panic(fmt.Sprintf("locale: embedded catalogues: %v", err))
	}
	return tags
}

// Languages are all that there is a catalogue of, English first, then by their own names.
func Languages() []*Language { return slices.Clone(loaded()) }

// Find gives a language by its tag, nil where there is no catalogue of it.
func Find(tag string) *Language {
	for _, l := range loaded() {
		if l.Tag == tag {
			return l
		}
	}
	return nil
}

// For gives the locale of a request: what the reader chose, else what the header Accept-Language asks for, else what the instance
// prefers, else English, UTC and what is usual in the region. A zone or language that does not exist counts as none.
func For(reader, instance Choice, acceptLanguage string, now time.Time) *Locale {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil { // a browser that says nothing sensible asks for nothing
		tags = nil
	}
	lang := Find(reader.Language)
	var region language.Region
	for _, tag := range tags {
		base, _ := tag.Base()
		of := Find(base.String())
		if lang == nil {
			lang = of
		}
		if lang != nil && of == lang {
			if r, sure := tag.Region(); sure == language.Exact {
				region = r
			}
			break
		}
	}
	lang = cmp.Or(lang, Find(instance.Language), loaded()[0])
	clock := cmp.Or(reader.Clock, instance.Clock)
	return &Locale{
		Language: lang, Zone: cmp.Or(Zone(reader.Zone), Zone(instance.Zone), time.UTC), Now: now,
		TwelveHours: clock == Clock12 || clock == ClockAuto && slices.Contains(lang.TwelveHours, region.String()),
	}
}

// Zone gives a time zone by its name in the IANA's database: "Europe/Berlin". It is nil for the empty name, for one that is no zone's,
// and for Local, which is another one on each machine.
func Zone(name string) *time.Location {
	if kept, ok := zones.Load(name); ok {
		zone, _ := kept.(*time.Location)
		return zone
	}
	if name == "" || name == "Local" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	zones.Store(name, zone)
	return zone
}

// zones are those that were loaded, by name. There are some hundred at most.
var zones sync.Map

// CheckZone says what is wrong with the name of a time zone.
func CheckZone(name string) error {
	if Zone(name) == nil {
		return fmt.Errorf("%q is no time zone; give one as Europe/Berlin, America/New_York or UTC", name)
	}
	return nil
}

// CheckLanguage says what is wrong with the tag of a language that pages may be in.
func CheckLanguage(tag string) error {
	tags := Tags()
	if slices.Contains(tags, tag) {
		return nil
	}
	return fmt.Errorf("%q is no language that there are texts in; those are %s", tag, strings.Join(tags, ", "))
}

// UTC is the locale in which a language is written where nobody is known who reads it.
func (l *Language) UTC(now time.Time) *Locale { return &Locale{Language: l, Zone: time.UTC, Now: now} }

// Text writes a text. The key is the English text, a format.
func (l *Language) Text(key string, args ...any) string {
	if text, ok := l.plain[key]; ok {
		key = text
	} else if !l.plural[key] {
		key, _, _ = strings.Cut(key, "|")
	}
	if len(args) == 0 {
		return strings.ReplaceAll(key, "%%", "%")
	}
	return l.printer.Sprintf(key, args...)
}

// Number writes a whole number: 50,000.
func (l *Language) Number(n int) string { return l.printer.Sprint(number.Decimal(n)) }

// Decimal writes a number with some digits after the point at most.
func (l *Language) Decimal(x float64, digits int) string {
	return l.printer.Sprint(number.Decimal(x, number.MaxFractionDigits(digits)))
}

// Percent writes a share of 1 in whole percent: 30%.
func (l *Language) Percent(share float64) string {
	return l.printer.Sprint(number.Percent(math.Round(100*share)/100, number.MaxFractionDigits(0)))
}

// List joins names: "one, two and three".
func (l *Language) List(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return l.Text("%s and %s", strings.Join(names[:last], ", "), names[last])
}

// LanguageName is the name of a language in this one, by its code; the code where it has none.
func (l *Language) LanguageName(code string) string {
	tag, err := language.Parse(code)
	if err != nil {
		return code
	}
	return cmp.Or(display.Languages(l.tag).Name(tag), code)
}
