package clean

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"headwater/internal/news"
)

type registry map[string]news.Outlet // by lower-case name and by host

func (r registry) ByName(name string) (news.Outlet, bool) {
	o, ok := r[strings.ToLower(name)]
	return o, ok
}

func (r registry) ByURL(url string) (news.Outlet, bool) {
	h := registrableDomain(hostOf(url))
	if o, ok := r[h]; ok {
		return o, true
	}
	return news.Outlet{Name: h, Domain: h}, h != ""
}

// Namesakes returns those that are called "Harbour Press", a name that nobody else has.
func (r registry) Namesakes(o news.Outlet) []news.Outlet {
	if o != harbourPress {
		return nil
	}
	return []news.Outlet{r["press.example"], r["prensa.example"]}
}

func (r registry) Redirects(url string) bool {
	h := hostOf(url)
	return h == "news.google.com" || h == "t.co"
}

var wire = news.Outlet{Name: "Wire Service", Domain: "wire.example", Agency: true}

var harbourPress = news.Outlet{Name: "Harbour Press"} // one of two

var known = registry{
	"harbour press": harbourPress,
	"press.example": {Name: "Harbour Press", Domain: "press.example"}, "prensa.example": {Name: "Harbour Press", Domain: "prensa.example"},
	"wire service": wire, "wire": wire, "wire.example": wire,
	"daily planet": {Name: "The Daily Planet", Domain: "planet.example"}, "planet.example": {Name: "The Daily Planet", Domain: "planet.example"},
}

func TestOutlet(t *testing.T) {
	local := news.Feed{URL: "http://127.0.0.1:8099/feed/x.xml", Title: "Recorded"}
	search := news.Feed{URL: "https://news.google.com/rss/search?q=x", Site: "https://news.google.com/"}
	for name, c := range map[string]struct {
		e    news.Entry
		feed news.Feed
		want news.Outlet
	}{
		"the feed's site":         {news.Entry{URL: "https://paper.example/1"}, paper, news.Outlet{Name: "The Paper", Domain: "paper.example"}},
		"a subdomain of it":       {news.Entry{URL: "https://blogs.paper.example/1"}, paper, news.Outlet{Name: "The Paper", Domain: "paper.example"}},
		"an aggregator's source":  {news.Entry{URL: "https://news.google.com/rss/articles/x", Source: news.Reference{Title: "Wire", URL: "https://wire.example"}}, search, wire},
		"a source unknown":        {news.Entry{URL: "https://news.google.com/rss/articles/x", Source: news.Reference{Title: "Village Voice", URL: "https://news.google.com"}}, search, news.Outlet{Name: "Village Voice"}},
		"a source by domain":      {news.Entry{URL: "https://news.google.com/rss/articles/x", Source: news.Reference{Title: "planet.example"}}, search, known["daily planet"]},
		"one of two of a name":    {news.Entry{URL: "https://news.google.com/rss/articles/x", Source: news.Reference{Title: "Harbour Press", URL: "https://prensa.example"}}, search, known["prensa.example"]},
		"either of two":           {news.Entry{URL: "https://news.google.com/rss/articles/x", Source: news.Reference{Title: "Harbour Press"}}, search, harbourPress},
		"a portal's source":       {news.Entry{URL: "https://paper.example/1", Source: news.Reference{Title: "Wire", URL: "https://paper.example"}}, paper, wire},
		"a source that is itself": {news.Entry{URL: "https://paper.example/1", Source: news.Reference{Title: "The Paper", URL: "https://paper.example/feed"}}, paper, news.Outlet{Name: "The Paper", Domain: "paper.example"}},
		"a citation":              {news.Entry{URL: "https://paper.example/1", Source: news.Reference{URL: "https://wire.example/9"}}, paper, news.Outlet{Name: "The Paper", Domain: "paper.example"}},
		"another site's item":     {news.Entry{URL: "https://www.planet.example/1"}, paper, known["daily planet"]},
		"a redirector's item":     {news.Entry{URL: "https://t.co/1"}, paper, news.Outlet{Name: "The Paper", Domain: "paper.example"}},
		"a local feed":            {news.Entry{URL: "https://wire.example/1"}, local, wire},
		"nothing known":           {news.Entry{}, local, news.Outlet{Name: "Recorded"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.e.Title = "T"
			if got := New(Options{Outlets: known}).Article(c.e, c.feed, now).Outlet; got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
	if got := New(Options{}).Article(news.Entry{URL: "https://www.planet.example/1"}, paper, now).Outlet; got.Domain != "planet.example" {
		t.Errorf("without outlets: %+v", got)
	}
}

func TestShownTitle(t *testing.T) {
	for _, c := range [][3]string{
		{"Bridge closes - Wire", "Wire", "Bridge closes"},
		{"Bridge closes - Wire", "Planet", "Bridge closes - Wire"},
		{"Bridge closes - Wire", "", "Bridge closes - Wire"},
		{"橋が閉鎖 - 新聞", "新聞", "橋が閉鎖"},
	} {
		if got := shownTitle(news.Entry{Title: c[0], Source: news.Reference{Title: c[1]}}); got != c[2] {
			t.Errorf("%q from %q: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestTitle(t *testing.T) {
	for in, want := range map[string]string{
		"Oil rises on supply fears - Reuters":            "Oil rises on supply fears",
		"Oil rises | CNN":                                "Oil rises",
		"Oil rises — BBC News":                           "Oil rises",
		"Oil rises - Daily Planet Times":                 "Oil rises",
		"Oil rises - planet.example":                     "Oil rises",
		"Oil rises - and stays there":                    "Oil rises - and stays there",
		"Oil rises -- Reuters":                           "Oil rises",
		"Oil rises • BBC News":                           "Oil rises",
		"Oil rises | World news | The Guardian":          "Oil rises",
		"Oil rises | World news":                         "Oil rises | World news",
		"Oil rises (Reuters)":                            "Oil rises",
		"Oil rises [AP]":                                 "Oil rises",
		"Oil rises (again)":                              "Oil rises (again)",
		"Oil rises: Reuters":                             "Oil rises",
		"Oil rises: report":                              "Oil rises",
		"Oil rises - report":                             "Oil rises",
		"Oil rises: why":                                 "Oil rises: why",
		"原油が上昇：ロイター":                                     "原油が上昇",
		"Reuters: Oil rises":                             "Oil rises",
		"Reuters: Reuters":                               "Reuters",
		"Report – US to leave":                           "US to leave",
		"Liverpool 2 - 1 Everton":                        "Liverpool 2 - 1 Everton",
		"Report: US to leave":                            "US to leave",
		"BREAKING: Report: US to leave | Reuters":        "US to leave",
		"UPDATE 2-Oil rises":                             "Oil rises",
		"WRAPUP 1-Oil rises":                             "Oil rises",
		"EXCLUSIVE-Oil rises":                            "Oil rises",
		"Exclusive: Oil rises":                           "Oil rises",
		"(LEAD) Oil rises":                               "Oil rises",
		"【速報】原油が上昇":                                      "原油が上昇",
		"Live-in carers strike":                          "Live-in carers strike",
		"Up-to-date: prices":                             "Up-to-date: prices",
		"“Oil” ｒｉｓｅｓ":                                    "\"Oil\" rises",
		"Trump: I won":                                   "Trump: I won",
		"Reuters":                                        "Reuters",
		"":                                               "",
		"Report:":                                        "Report:",
		"Jobs report: what to know":                      "Jobs report: what to know",
		"Analysis-Pipeline ambitions hinge on expansion": "Analysis-Pipeline ambitions hinge on expansion",
	} {
		if got := comparableTitle(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := New(Options{Outlets: known}).Title("Oil rises - Daily Planet"); got != "Oil rises" {
		t.Errorf("known outlet: %q", got)
	}
	if got := New(Options{}).Title("Oil rises - Gotham Bugle", "Gotham Bugle"); got != "Oil rises" {
		t.Errorf("given outlet: %q", got)
	}
}

func TestCanonicalURL(t *testing.T) {
	const want = "https://paper.example/a/b"
	for _, in := range []string{
		"http://paper.example/a/b", "https://PAPER.example/a/b/", "https://www.paper.example/a/b#comments",
		"https://m.paper.example/a/b", "https://amp.paper.example/a/b", "https://paper.example/a/b/amp",
		"https://paper.example/a/b/amp/", "https://paper.example/amp/a/b", "https://paper.example:443/a/b",
		"http://paper.example:80/a/b", "https://paper.example/a/b?utm_source=x&utm_medium=y&fbclid=1",
		"https://www.google.com/amp/s/paper.example/a/b",
		"https://paper-example.cdn.ampproject.org/c/s/paper.example/a/b/amp", " https://paper.example/a/b ",
		"https://paper.example/a/b?emc=rss",
	} {
		if got := CanonicalURL(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
	for in, want := range map[string]string{
		"https://paper.example/?p=2&a=1":    "https://paper.example?a=1&p=2",
		"https://paper.example:8080/x":      "https://paper.example:8080/x",
		"https://paper.example/x.amp.html":  "https://paper.example/x.html",
		"https://paper.example/camp":        "https://paper.example/camp",
		"ftp://paper.example/x":             "",
		"/relative":                         "",
		"mailto:a@paper.example":            "",
		"":                                  "",
		"http://[::1]:99/x":                 "https://[::1]:99/x",
		"https://m.example/a":               "https://m.example/a",
		"http://%zz":                        "",
		"https://paper.example/%E6%97%A5/":  "https://paper.example/%E6%97%A5",
		"https://paper.example/日":           "https://paper.example/%E6%97%A5",
		"https://paper.example/a?q=b%26c&d": "https://paper.example/a?d&q=b%26c",
	} {
		if got := CanonicalURL(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// Each line of addresses.tsv says of two addresses whether they have one canonical form.
func TestAddresses(t *testing.T) {
	data, err := os.ReadFile("testdata/addresses.tsv")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 || f[0] != "one" && f[0] != "several" {
			t.Fatalf("%q is no case", line)
		}
		n++
		a, b := CanonicalURL(f[1]), CanonicalURL(f[2])
		if a == "" || b == "" || (a == b) != (f[0] == "one") {
			t.Errorf("%s and %s become %s and %s, want %s", f[1], f[2], a, b, f[0])
		}
	}
	if n < 50 {
		t.Errorf("%d cases", n)
	}
}

// A doubtful parameter goes where the document shows that it selects nothing.
func TestIdleParameters(t *testing.T) {
	for name, tt := range map[string]struct{ in, want []string }{
		"all the same": {
			[]string{"https://a.example/s.php?id=1&ref=rss", "https://a.example/s.php?id=2&ref=rss", "https://a.example/s.php?ref=rss&id=3"},
			[]string{"https://a.example/s.php?id=1", "https://a.example/s.php?id=2", "https://a.example/s.php?id=3"},
		},
		"it selects": {
			[]string{"https://a.example/s.php?ref=1", "https://a.example/s.php?ref=2", "https://a.example/s.php?ref=3"},
			[]string{"https://a.example/s.php?ref=1", "https://a.example/s.php?ref=2", "https://a.example/s.php?ref=3"},
		},
		"only doubtful ones differ": {
			[]string{"https://a.example/s.php?ref=1&rss=1", "https://a.example/s.php?ref=2&rss=1", "https://a.example/s.php?ref=3&rss=1"},
			[]string{"https://a.example/s.php?ref=1&rss=1", "https://a.example/s.php?ref=2&rss=1", "https://a.example/s.php?ref=3&rss=1"},
		},
		"one lacks it": {
			[]string{"https://a.example/s.php?id=1&ref=rss", "https://a.example/s.php?id=2", "https://a.example/s.php?id=3&ref=rss"},
			[]string{"https://a.example/s.php?id=1&ref=rss", "https://a.example/s.php?id=2", "https://a.example/s.php?id=3&ref=rss"},
		},
		"too few": {
			[]string{"https://a.example/s.php?id=1&ref=rss", "https://a.example/s.php?id=2&ref=rss"},
			[]string{"https://a.example/s.php?id=1&ref=rss", "https://a.example/s.php?id=2&ref=rss"},
		},
		"each site by itself": {
			[]string{"https://a.example/s?id=1&mod=x", "https://b.example/s?id=1&mod=x", "https://a.example/s?id=2&mod=x", "https://a.example/s?id=3&mod=x", ""},
			[]string{"https://a.example/s?id=1", "https://b.example/s?id=1&mod=x", "https://a.example/s?id=2", "https://a.example/s?id=3", ""},
		},
		"not doubtful": {
			[]string{"https://a.example/s?id=1&section=x", "https://a.example/s?id=2&section=x", "https://a.example/s?id=3&section=x"},
			[]string{"https://a.example/s?id=1&section=x", "https://a.example/s?id=2&section=x", "https://a.example/s?id=3&section=x"},
		},
	} {
		var doc news.Document
		for _, address := range tt.in {
			doc.Entries = append(doc.Entries, news.Entry{URL: address})
		}
		var got []string
		for _, a := range New(Options{}).Articles(doc, news.Feed{}, time.Now()) {
			got = append(got, a.Canonical)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestLanguage(t *testing.T) {
	for text, want := range map[string]string{
		"The council voted on Tuesday to close the bridge, which has been in use for a century.":      "en",
		"U.S. Officials Press Norland to Allow C.I.A. Flights and U.S. Ships Near Its Ports":          "en",
		"El ayuntamiento votó el martes a favor de cerrar el puente que une las dos orillas.":         "es",
		"A câmara votou na terça-feira pelo encerramento da ponte que liga as duas margens.":          "pt",
		"Le conseil a voté mardi la fermeture du pont qui relie les deux rives de la ville.":          "fr",
		"Der Rat hat am Dienstag beschlossen, die Brücke für immer zu schließen.":                     "de",
		"Il consiglio ha votato martedì per la chiusura del ponte che unisce le due sponde.":          "it",
		"De gemeenteraad heeft dinsdag besloten om de brug voorgoed te sluiten.":                      "nl",
		"Mestni svet je v torek sklenil, da bo most za promet zaprt, ker je dotrajan.":                "sl",
		"Rådet har på tisdagen beslutat att stänga bron som är för gammal för att lagas.":             "sv",
		"Belediye meclisi salı günü köprünün kapatılması için karar aldı ve bu karar çok tartışıldı.": "tr",
		"Rada miasta we wtorek zdecydowała, że most zostanie zamknięty, bo nie jest bezpieczny.":      "pl",
		"市議会は火曜日、橋を閉鎖することを決めた。":                                                                       "ja",
		"市议会周二决定关闭这座大桥。":                                                                              "zh",
		"시의회는 화요일에 다리를 폐쇄하기로 결정했다.":                                                                   "ko",
		"สภาเทศบาลลงมติเมื่อวันอังคารให้ปิดสะพาน":                                                     "th",
		"قرر المجلس يوم الثلاثاء إغلاق الجسر.":                                                        "ar",
		"شورای شهر روز سه شنبه تصمیم گرفت پل را ببندد.":                                               "fa",
		"Совет во вторник решил закрыть мост, который был построен сто лет назад.":                    "ru",
		"Міська рада у вівторок вирішила закрити міст, якому вже сто років.":                          "uk",
		"Общинският съвет реши във вторник да затвори моста, който се ползва от сто години.":          "bg",
		"Το συμβούλιο αποφάσισε την Τρίτη να κλείσει τη γέφυρα.":                                      "el",
		"המועצה החליטה ביום שלישי לסגור את הגשר.":                                                     "he",
		"परिषद ने मंगलवार को पुल बंद करने का फैसला किया।":                                             "hi",
		"Messi 3 Ronaldo 2": "",
		"12:30 100%":        "",
		"":                  "",
	} {
		if got := language(text, ""); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := language("Zagreb: policija na ulici", "sl"); got != "sl" {
		t.Errorf("with the feed's language: %q", got)
	}
	for headline, want := range map[string]string{ // in an English feed
		"Temporal hunde dos barcos y anega dos sótanos en La Lonja": "es",
		"Dos barcos hundidos y cuarenta sótanos anegados":           "",
		"Dos barcos hundidos en el puerto":                          "en", // no letter tells it
		"El Niño rains disrupt access to the ruins":                 "en",
		"Nestlé profit rises":                                       "en",
		"Café owners win fight over the pavement":                   "en",
	} {
		if got := language(headline, "en"); got != want {
			t.Errorf("%q in an English feed: %q, want %q", headline, got, want)
		}
	}
	if got := language("Ferry aground near Castelmar", "ja"); got != "" {
		t.Errorf("a headline in Latin letters in a Japanese feed: %q", got)
	}
}

func TestHub(t *testing.T) {
	entries := strings.Repeat("<p>14:05 The minister arrives at the meeting.</p><p>She greets her colleagues and sits down.</p>", 1)
	var live, list, numbered strings.Builder
	for i := range 8 {
		live.WriteString(strings.Replace(entries, "14:05", "14:0"+string(rune('1'+i)), 1))
		list.WriteString("<h3>City in brief number " + string(rune('A'+i)) + "</h3><p>A short report on what happened there today.</p>")
		numbered.WriteString("<p>" + string(rune('1'+i)) + ". A short item about something that happened in the city.</p>")
	}
	for name, c := range map[string]struct {
		e    news.Entry
		want bool
	}{
		"plain":          {entry("Council votes", "<p>The council voted on Tuesday.</p>"), false},
		"alive":          {entry("Alive: the miner who walked out", "<p>He walked out.</p>"), false},
		"live in a path": {news.Entry{Title: "T", URL: "https://paper.example/world/live/2026/x"}, true},
		"title":          {entry("Flood - live updates", "<p>x</p>"), true},
		"Spanish":        {entry("En vivo: la marcha por el centro", "<p>x</p>"), true},
		"French":         {entry("EN DIRECT - La marche dans le centre", "<p>x</p>"), true},
		"Portuguese":     {entry("Ao vivo: a marcha no centro", "<p>x</p>"), true},
		"German":         {entry("Hochwasser: Live-Ticker aus der Altstadt", "<p>x</p>"), true},
		"Russian":        {entry("Паводок. Онлайн-трансляция", "<p>x</p>"), true},
		"Slovene":        {entry("V živo: pohod po središču", "<p>x</p>"), true},
		"Arabic":         {entry("الفيضان: تغطية مباشرة", "<p>x</p>"), true},
		"Chinese":        {entry("图文直播：洪水中的老城", "<p>x</p>"), true},
		"Japanese":       {entry("【ライブ更新】旧市街の洪水", "<p>x</p>"), true},
		"Thai":           {entry("รายงานสด น้ำท่วมเมืองเก่า", "<p>x</p>"), true},
		"as it happened": {entry("Council vote – as it happened", ""), true},
		"timed entries":  {entry("Council meets", live.String()), true},
		"headings":       {entry("City news", list.String()), true},
		"numbered":       {entry("What you need to know", numbered.String()), true},
	} {
		if got := New(Options{}).Article(c.e, paper, now).Roundup; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestQuotes(t *testing.T) {
	for text, want := range map[string]string{
		`He said "yes" and "no" to it.`:                       `"yes" ; "no"`,
		`He said “yes, and “no”” to it.`:                      `“yes, and “no”`,
		`“First part.` + "\n\n" + `“Second part,” she said.`:  `“First part. ; “Second part,”`,
		`Er sagte: „Nein, danke“ und ging.`:                   `„Nein, danke“`,
		`Il a dit «non merci» et il est parti.`:               `«non merci»`,
		`Er sagte: »Nein, danke« und ging.`:                   `»Nein, danke«`,
		`首相は「『断る』と言った」と述べた。`:                                  `「『断る』と言った」`,
		`A 6" pipe and a 12" pipe.`:                           ``,
		`The workers' union and the bosses' club don't talk.`: ``,
		`'We will not go,' he said, and didn't.`:              `'We will not go,'`,
		`‘We will not go,’ he said; it’s the boys’ choice.`:   `‘We will not go,’`,
		`Rock 'n' roll in the '90s.`:                          ``,
		`She said "it never ends and went on.`:                `"it never ends and went on.`,
		`"A" said "B`:                                         `"A" ; "B`,
		"``Old wire style,'' he said.":                        "``Old wire style,''",
		`The end."`:                                           ``,
	} {
		var got []string
		for _, s := range findQuotes(text, nil) {
			got = append(got, text[s.Start:s.End])
		}
		if g := strings.Join(got, " ; "); g != want {
			t.Errorf("%s\n got %s\nwant %s", text, g, want)
		}
	}
}

func TestLineRole(t *testing.T) {
	for r, lines := range map[role][]string{
		bylineLine: {
			"By Jane Doe", "By JANE DOE AUG. 30, 2016", "by Jane Doe and John Roe", "By Jane Doe, Daily Planet",
			"Por Juan Pérez y Ana Gil", "Reporting by Jane Doe; editing by John Roe", "(Reporting by Jane Doe)",
			"Jane Doe | August 18, 2026 | 3:56 am", "John Roe in Paris contributed to this report.",
		},
		captionLine: {
			"The mayor speaks. (AP Photo/Jane Doe)", "The mayor speaks. REUTERS/Jane Doe", "A bridge. Jane Doe/Getty Images",
			"Photo: Jane Doe", "The mayor (Photo: Reuters)", "A bridge in fog. Jane Doe via AP", "FILE PHOTO: The mayor speaks in May 2024.",
			"A crowd gathers. Jane Doe/Getty Images hide caption", "Representative image | Image: Wire", "写真：市長",
			"In this June 4 photo, the mayor speaks.",
		},
		rightsLine: {"© 2026 The Paper", "Copyright 2026 The Paper. All rights reserved.", "(c) Copyright Wire 2026"},
		sourceLine: {
			"Original Source", "Source: Wire", "Fuente: EFE", "The post Bridge closes appeared first on The Paper.",
			"This article was originally published by The Paper.", "Read more at The Paper",
		},
		viaLine: {"via The Paper", "h/t Jane Doe"},
		dropped: {
			"0 comments", "12 Comments", "Read more", "Continue reading »", "[…]", "* * *", "Published Aug 19, 2026, 03:06 PM",
			"(Updated: 19 Aug 2026 12:12PM)", "2026年8月19日 10:24", "Leave a Reply Cancel reply", "Advertisement",
		},
		prose: {
			"By Wednesday, the storm had passed.", "By the time she came, it was over.", "Por la tarde llovió.", "2016", "5",
			"The photo shows nothing.", "Via Roma was closed to traffic on Monday, police said.", "Source code was leaked, the firm said.",
			"May was wet.", "He shared a photo (of himself).", "In 2016, 5 of 10 failed.", "HELSINKI (Reuters) - Finland said no.",
			"The poll was done by Reuters/Ipsos.", "Background",
		},
	} {
		for _, l := range lines {
			if got := lineRole(l); got != r {
				t.Errorf("%q: role %d, want %d", l, got, r)
			}
		}
	}
}
