package locale

import (
	"html/template"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func at(zone string, now time.Time) *Locale { return For(Choice{}, Choice{Zone: zone}, "", now) }

func in(t *testing.T, tag string) *Language {
	t.Helper()
	l := Find(tag)
	if l == nil {
		t.Fatalf("there is no language %s", tag)
	}
	return l
}

func TestAgo(t *testing.T) {
	now := time.Date(2026, 8, 18, 12, 0, 0, 0, time.UTC)
	english, german := at("UTC", now), in(t, "de").UTC(now)
	for d, want := range map[time.Duration][2]string{
		0: {"just now", "gerade eben"}, 59 * time.Second: {"just now", "gerade eben"}, time.Minute: {"1 min ago", "vor 1 Min."},
		59 * time.Minute: {"59 min ago", "vor 59 Min."}, 90 * time.Minute: {"1 h ago", "vor 1 Std."}, 25 * time.Hour: {"1 day ago", "vor 1 Tag"},
		73 * time.Hour: {"3 days ago", "vor 3 Tagen"}, 8 * 24 * time.Hour: {"10 Aug", "10. Aug."}, 400 * 24 * time.Hour: {"14 Jul 2025", "14. Juli 2025"},
		-30 * time.Second: {"just now", "gerade eben"}, -5 * time.Minute: {"in 5 min", "in 5 Min."}, -26 * time.Hour: {"in 1 day", "in 1 Tag"},
	} {
		if got := [2]string{english.Ago(now.Add(-d)), german.Ago(now.Add(-d))}; got != want {
			t.Errorf("%v ago: %q, want %q", d, got, want)
		}
	}
}

// A time is of the reader's day, hour and zone.
func TestTimes(t *testing.T) {
	now := time.Date(2026, 8, 18, 22, 30, 0, 0, time.UTC)
	chosen := func(c Choice) *Locale { return For(c, Choice{}, "", now) }
	for _, c := range []struct {
		l           *Locale
		at          time.Time
		clock, full string
	}{
		{chosen(Choice{}), now.Add(-26 * time.Minute), "22:04", "Tue 18 Aug 2026, 22:04 UTC"},
		{chosen(Choice{}), now.AddDate(-1, 0, 0), "18 Aug 2025, 22:30", "Mon 18 Aug 2025, 22:30 UTC"},
		{chosen(Choice{Clock: Clock12}), now.Add(-23 * time.Hour), "17 Aug, 11:30 pm", "Mon 17 Aug 2026, 11:30 pm UTC"},
		{chosen(Choice{Language: "de", Zone: "Europe/Berlin"}), now.Add(-26 * time.Minute), "00:04", "Mi 19. Aug. 2026, 00:04 CEST"},
		{chosen(Choice{Language: "de", Zone: "Europe/Berlin"}), now.Add(-time.Hour), "18. Aug., 23:30", "Di 18. Aug. 2026, 23:30 CEST"},
		{chosen(Choice{Zone: "Asia/Kolkata"}), now, "04:00", "Wed 19 Aug 2026, 04:00 IST"},
		{chosen(Choice{Zone: "No/Such"}), now, "22:30", "Tue 18 Aug 2026, 22:30 UTC"},
	} {
		if clock, full := c.l.Clock(c.at), c.l.Full(c.at); clock != c.clock || full != c.full {
			t.Errorf("%s in %s: %q and %q, want %q and %q", c.at, c.l.Zone, clock, full, c.clock, c.full)
		}
	}
	german := chosen(Choice{Language: "de"})
	for got, want := range map[string]string{
		german.FullDay(now): "Dienstag, 18. August 2026", german.Long(now): "18. August", german.LongYear(now): "18. August 2026", german.Weekday(now): "Di 18. Aug.",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A reader's own choice comes before the browser's, that before the instance's.
func TestFor(t *testing.T) {
	for _, c := range []struct {
		reader, instance Choice
		header           string
		lang, zone       string
		twelve           bool
	}{
		{lang: "en", zone: "UTC"},
		{header: "de-AT,de;q=0.9,en;q=0.5", lang: "de", zone: "UTC"},
		{header: "fr,en-US;q=0.5,de;q=0.3", lang: "en", zone: "UTC", twelve: true},
		{header: "en-GB", lang: "en", zone: "UTC"},
		{header: "fr", instance: Choice{Language: "de", Zone: "Europe/Vienna"}, lang: "de", zone: "Europe/Vienna"},
		{header: "en", instance: Choice{Language: "de"}, lang: "en", zone: "UTC"},
		{header: "en-US", reader: Choice{Language: "de"}, lang: "de", zone: "UTC"},
		{header: "en-US", reader: Choice{Clock: Clock24}, lang: "en", zone: "UTC"},
		{header: "en-GB", reader: Choice{Clock: Clock12, Zone: "Asia/Tokyo"}, instance: Choice{Zone: "Europe/Vienna"}, lang: "en", zone: "Asia/Tokyo", twelve: true},
		{header: ";;;,\x00", reader: Choice{Language: "xx"}, lang: "en", zone: "UTC"},
	} {
		l := For(c.reader, c.instance, c.header, time.Time{})
		if l.Tag != c.lang || l.Zone.String() != c.zone || l.TwelveHours != c.twelve {
			t.Errorf("%+v: %s in %s, twelve hours %t", c, l.Tag, l.Zone, l.TwelveHours)
		}
	}
}

func TestNumbers(t *testing.T) {
	english, german := in(t, "en"), in(t, "de")
	for got, want := range map[string]string{
		english.Number(50000): "50,000", german.Number(50000): "50.000", english.Percent(.304): "30%", german.Percent(.304): "30\u00a0%",
		english.Decimal(12.34, 1): "12.3", german.Decimal(12.34, 1): "12,3", english.Decimal(2, 1): "2",
		english.Text("%d days ago", 1000): "1,000 days ago", german.Text("%d days ago", 1000): "vor 1.000 Tagen",
		english.Text("100%% of %d|note", 1000): "100% of 1,000", english.Text("Search|verb"): "Search",
		german.List([]string{"a", "b", "c"}): "a, b und c", english.List([]string{"a"}): "a",
		german.LanguageName("en"): "Englisch", english.LanguageName("?"): "?",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestRich(t *testing.T) {
	l := in(t, "en")
	for _, c := range []struct {
		key  string
		args []any
		want template.HTML
	}{
		{"No markup & none", nil, "No markup &amp; none"},
		{"Look at <1>all %d</1> of %s", []any{Link("/a?b&c"), 1000, "<1>\uE0000\uE001"}, `Look at <a href="/a?b&amp;c">all 1,000</a> of &lt;1&gt;` + "\uE0000\uE001"},
		{"%s says <1>%s</1>", []any{Tag("b", "dir", "auto", "lang", ""), "A", template.HTML("<i>x</i>")}, `A says <b dir="auto"><i>x</i></b>`},
		{"<1><2>x</2></1>", []any{Link("javascript:x"), Tag("b")}, `<a href="#"><b>x</b></a>`},
	} {
		if got, err := l.Rich(c.key, c.args...); got != c.want || err != nil {
			t.Errorf("%q: %s, %v\n want %s", c.key, got, err, c.want)
		}
	}
	for _, key := range []string{"<1>x", "x</1>", "<2>x</2>", "<1>x</2>"} {
		if got, err := l.Rich(key, Tag("b")); err == nil {
			t.Errorf("%q gives %s", key, got)
		}
	}
}

// A folder is a language. What is wrong with it is said with its place.
func TestLoad(t *testing.T) {
	settings := func(name string) *fstest.MapFile {
		data, err := files.ReadFile("languages/en/language.yaml")
		if err != nil {
			t.Fatal(err)
		}
		return &fstest.MapFile{Data: []byte(strings.Replace(string(data), "name: English", "name: "+name, 1))}
	}
	folder := func(more fstest.MapFS) fstest.MapFS {
		m := fstest.MapFS{"languages/en/language.yaml": settings("English"), "languages/pl/language.yaml": settings("Polski")}
		for name, f := range more {
			m[name] = f
		}
		return m
	}
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	all, err := load(folder(fstest.MapFS{"languages/pl/a.yaml": file(`"%d files in %s": {one: "%d plik w %s", few: "%d pliki w %s", many: "%d plików w %s", other: "%d pliku w %s"}`)}))
	if err != nil || len(all) != 2 || all[1].Name != "Polski" {
		t.Fatalf("%v, %v", all, err)
	}
	twice, err := load(folder(fstest.MapFS{"languages/pl/a.yaml": file(`"a": b`), "languages/pl/b.yaml": file(`"a": c`)}))
	if want := `languages/pl/b.yaml:1: "a" has another form at languages/pl/a.yaml:1`; err != nil || len(twice[1].conflicts) != 1 || !strings.HasPrefix(twice[1].conflicts[0], want) {
		t.Errorf("%v, %v, want %s", twice[1].conflicts, err, want)
	}
	for n, want := range map[int]string{1: "1 plik w A", 3: "3 pliki w A", 5: "5 plików w A", 22: "22 pliki w A"} {
		if got := all[1].Text("%d files in %s", n, "A"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for text, want := range map[string]string{
		`"a": [b]`:            `languages/pl/a.yaml:1: "a": a text is wanted`,
		`"%s of %d": "%[2]d"`: `the verb %[1]s of the key is missing`,
		`"%s": "%s %s"`:       `the verb %[2]s is not in the key`,
		`"%d %s": {one: "one %s", other: "%d %s"}`: `one: the verb %[1]s is not in the key`,
		`"a": {one: b, other: c}`:                  `plural forms need a number`,
		`"%d a": {one: b}`:                         `the form other: is missing`,
		`"%d a": {two: b, other: c}`:               `form "two" not supported`,
		`"<1>a</1>": "a"`:                          `it has the elements [], its key has [</1> <1>]`,
		"\"a\": b\n\"a\": c":                       `languages/pl/a.yaml:2: "a" stands twice`,
		"- a":                                      `languages/pl/a.yaml:1: lines of`,
	} {
		if _, err := load(folder(fstest.MapFS{"languages/pl/a.yaml": file(text)})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	for name, more := range map[string]fstest.MapFS{
		"months_short: 2 names; give 12":   {"languages/pl/language.yaml": file("name: x\nmonths: [a,b,c,d,e,f,g,h,i,j,k,l]\nmonths_short: [a, b]\ndays: [a,b,c,d,e,f,g]\ndays_short: [a,b,c,d,e,f,g]")},
		"field nme not found":              {"languages/pl/language.yaml": file("nme: x")},
		"the folder's name is no language": {"languages/no such/a.yaml": file("")},
	} {
		if _, err := load(folder(more)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %s", err, name)
		}
	}
}

// Texts that packages made in English are known by their formats, with whatever fills these, and others are left as they are.
func TestKnown(t *testing.T) {
	german := in(t, "de")
	for text, want := range map[string]string{
		"it is the earliest":                          "ist der früheste Artikel",
		"It is the earliest":                          "Ist der früheste Artikel",
		"a person said so on 3 March 2026, 09:04 UTC": "so hat es jemand am 3. März 2026, 09:04 UTC gesagt",
		"it came out 26h5m0s after the earliest, its clock, which is 2h0m0s behind, put right":                                                                     "erschien 1 T. 2 Std. nach dem frühesten, die Uhr, die 2 Std. nach geht, berichtigt",
		"Coastline Daily credits a report by Harbour Post: “Post said. It did”":                                                                                    "Coastline Daily beruft sich auf einen Bericht von Harbour Post: „Post said. It did“",
		"Quick Digest credits the news to Bytewharf: “as Bytewharf says”, on the page that Coastwide links to":                                                     "Quick Digest schreibt die Nachricht Bytewharf zu: „as Bytewharf says“, auf der von Coastwide verlinkten Seite",
		"it credits a report by Harbour Post, in the same words":                                                                                                   "beruft sich auf einen Bericht von Harbour Post, mit denselben Worten",
		"38% of the opening is the same":                                                                                                                           "38\u00a0% des Anfangs sind gleich",
		"A Post's own article is not among those that your feeds brought. It belongs here because it names A Post. The other versions are compared with this one.": "Der eigene Artikel von A Post war in keinem Abruf der Feeds. Gehört hierher, weil der Artikel A Post nennt. Die anderen Fassungen sind mit dieser verglichen.",
		"There is no page at this address.":                                                                                                                        "Unter dieser Adresse gibt es keine Seite.",
		"there is no story 1204":                                                                                                                                   "es gibt keine Meldung 1204",
		`a topic cannot ask for feeds by name, as feed:x does`:                                                                                                     "ein Thema kann Feeds nicht beim Namen nennen, wie feed:x es tut",
	} {
		if got, ok := german.Lookup(text); got != want || !ok {
			t.Errorf("%q\n gives %q, %t\n want  %q", text, got, ok, want)
		}
	}
	for _, text := range []string{"nobody knows this text", "It is known. This is not"} {
		if got, ok := german.Lookup(text); got != text || ok {
			t.Errorf("%q gives %q, %t", text, got, ok)
		}
	}
	if got, ok := in(t, "en").Lookup("whatever it says"); got != "whatever it says" || !ok {
		t.Errorf("English: %q, %t", got, ok)
	}
}

// A text of many sentences that are all known but the last is given up. Each of them could end in several places, so that the ways
// to read it all would double with every sentence.
func TestKnownIsBounded(t *testing.T) {
	german := in(t, "de")
	for _, text := range []string{
		strings.Repeat("Example Login did not log you in. ", 60) + "The end",
		`"` + strings.Repeat("Example Login did not log you in. ", 60) + `The end" is no date`,
	} {
		if got, ok := german.Lookup(text); got != text || ok {
			t.Errorf("%q: %q, %v", text, got, ok)
		}
	}
}
