package outlets_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"headwater/feeds"
	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

// load reads the real agencies.yaml.
func load(t testing.TB, extra ...outlets.Entry) *outlets.Registry {
	t.Helper()
	r, err := outlets.Load(feeds.Agencies(), extra...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAgenciesFileHoldsEnough(t *testing.T) {
	agencies, others := 0, 0
	for _, e := range load(t).All() {
		if e.Agency {
			agencies++
		} else {
			others++
		}
		if len(e.Domains) == 0 {
			t.Errorf("%s has no domain", e.Name)
		}
	}
	if agencies < 45 || others < 300 {
		t.Errorf("%d agencies and %d other outlets; want 45 and 300", agencies, others)
	}
}

func TestByName(t *testing.T) {
	r := load(t)
	for name, want := range map[string]news.Outlet{
		"Reuters":                  {Name: "Reuters", Domain: "reuters.com", Agency: true},
		"REUTERS":                  {Name: "Reuters", Domain: "reuters.com", Agency: true},
		"Reuters.com":              {Name: "Reuters", Domain: "reuters.com", Agency: true},
		"jp.reuters.com":           {Name: "Reuters", Domain: "reuters.com", Agency: true},
		"ロイター":                     {Name: "Reuters", Domain: "reuters.com", Agency: true},
		"ﾛｲﾀｰ":                     {Name: "Reuters", Domain: "reuters.com", Agency: true},
		"bloomberg.com":            {Name: "Bloomberg", Domain: "bloomberg.com", Agency: true},
		"Bloomberg News":           {Name: "Bloomberg", Domain: "bloomberg.com", Agency: true},
		"ブルームバーグ":                  {Name: "Bloomberg", Domain: "bloomberg.com", Agency: true},
		"Associated Press":         {Name: "The Associated Press", Domain: "apnews.com", Agency: true},
		"AP":                       {Name: "The Associated Press", Domain: "apnews.com", Agency: true},
		"ＡＰ":                       {Name: "The Associated Press", Domain: "apnews.com", Agency: true},
		"共同":                       {Name: "Kyodo News", Domain: "kyodonews.net", Agency: true},
		"共同通信":                     {Name: "Kyodo News", Domain: "kyodonews.net", Agency: true},
		"時事":                       {Name: "Jiji Press", Domain: "jiji.com", Agency: true},
		"新華社":                      {Name: "Xinhua", Domain: "xinhuanet.com", Agency: true},
		"日経":                       {Name: "日本経済新聞", Domain: "nikkei.com"},
		"PR Newswire":              {Name: "PR Newswire", Domain: "prnewswire.com"},
		"new york times":           {Name: "The New York Times", Domain: "nytimes.com"},
		"the  New-York Times":      {Name: "The New York Times", Domain: "nytimes.com"},
		"ニューヨークタイムズ":               {Name: "The New York Times", Domain: "nytimes.com"},
		"El Pais":                  {Name: "El País", Domain: "elpais.com"},
		"Barron’s":                 {Name: "Barron's", Domain: "barrons.com"},
		"CNA":                      {Name: "CNA", Domain: "channelnewsasia.com"},
		"The Print":                {Name: "ThePrint", Domain: "theprint.in"},
		"ThePrint":                 {Name: "ThePrint", Domain: "theprint.in"},
		"Space.com":                {Name: "Space.com", Domain: "space.com"},
		"Space":                    {},
		"Yahoo!ニュース":               {Name: "Yahoo!ニュース", Domain: "yahoo.co.jp"},
		"Business Standard":        {Name: "Business Standard", Domain: "business-standard.com"},
		"A paper nobody has heard": {},
		"":                         {},
		"...":                      {},
	} {
		got, ok := r.ByName(name)
		if got != want || ok != (want.Name != "") {
			t.Errorf("ByName(%q) = %+v, %v; want %+v", name, got, ok, want)
		}
	}
}

func TestByURL(t *testing.T) {
	r := load(t)
	for address, want := range map[string]string{
		"https://www.reuters.com/world/a-story-2026-08-18/":      "Reuters reuters.com",
		"https://jp.reuters.com/markets/x/":                      "Reuters reuters.com",
		"http://hosted.ap.org/dynamic/stories/x":                 "The Associated Press apnews.com",
		"https://WWW.NYTimes.com./2026/08/18/x.html?smid=tw":     "The New York Times nytimes.com",
		"https://news.yahoo.co.jp/articles/1":                    "Yahoo!ニュース yahoo.co.jp",
		"https://uk.finance.yahoo.com/news/x":                    "Yahoo yahoo.com",
		"https://abcnews.go.com/Politics/x":                      "ABC News abcnews.go.com",
		"https://espn.go.com/x":                                  "go.com go.com",
		"https://economictimes.indiatimes.com/x":                 "The Economic Times economictimes.indiatimes.com",
		"https://asia.nikkei.com/x":                              "Nikkei Asia asia.nikkei.com",
		"https://www.nikkei.com/x":                               "日本経済新聞 nikkei.com",
		"https://news.google.com/rss/articles/x":                 "Google News news.google.com",
		"https://www.google.com/search?q=x":                      "google.com google.com",
		"https://e00-elmundo.uecdn.es/elmundo/rss/portada.xml":   "El Mundo elmundo.es",
		"https://someone.blogspot.com/2026/08/x.html":            "someone.blogspot.com someone.blogspot.com",
		"https://someone.substack.com/p/x":                       "someone.substack.com someone.substack.com",
		"https://www.medium.com/some-publication/x":              "medium.com medium.com",
		"https://someone.medium.com/x":                           "someone.medium.com someone.medium.com",
		"https://www.someone.tumblr.com/post/1":                  "someone.tumblr.com someone.tumblr.com",
		"https://www.the-daily-example.co.uk/x":                  "the-daily-example.co.uk the-daily-example.co.uk",
		"https://news.local.example.com.au:8443/x":               "example.com.au example.com.au",
		"https://notreuters.com/x":                               "notreuters.com notreuters.com",
		"https://reuters.com.evil.example/x":                     "evil.example evil.example",
		"http://127.0.0.1:8099/feed/x.xml":                       "127.0.0.1 127.0.0.1",
		"http://[::1]:8099/feed/x.xml":                           "::1 ::1",
		"http://localhost:8099/x":                                "localhost localhost",
		"https://www.bücher.example/x":                           "bücher.example xn--bcher-kva.example",
		"//www.theguardian.com/world":                            "The Guardian theguardian.com",
		" https://theprint.in/feed/ ":                            "ThePrint theprint.in",
		"":                                                       "",
		"/relative/path":                                         "",
		"mailto:newsroom@reuters.com":                            "",
		"https://":                                               "",
		"http://%zz":                                             "",
		"https://www.channelnewsasia.com/business/x-2026-08-18":  "CNA channelnewsasia.com",
		"https://focustaiwan.tw/politics/202608180001":           "CNA Taiwan cna.com.tw",
		"https://it.marketscreener.com/notizie/x":                "MarketScreener marketscreener.com",
		"https://newsdig.tbs.co.jp/articles/withbloomberg/1":     "TBS NEWS DIG newsdig.tbs.co.jp",
		"https://www.telegraphindia.com/x":                       "The Telegraph (India) telegraphindia.com",
		"https://agenciabrasil.ebc.com.br/rss/x":                 "Agência Brasil agenciabrasil.ebc.com.br",
		"https://feeds.content.dowjones.io/public/rss/x":         "Dow Jones Newswires dowjones.com",
		"https://rss.nytimes.com/services/xml/rss/nyt/World.xml": "The New York Times nytimes.com",
	} {
		got, ok := r.ByURL(address)
		if name := strings.TrimSpace(got.Name + " " + got.Domain); name != want || ok != (want != "") {
			t.Errorf("ByURL(%q) = %q, %v; want %q", address, name, ok, want)
		}
	}
}

func TestByURLKnowsEveryURLWithAHost(t *testing.T) {
	r := load(t)
	rapid.Check(t, func(t *rapid.T) {
		address := rapid.OneOf(rapid.String(), rapid.StringMatching(`https?://[a-z0-9.\-]{0,30}(:\d+)?/[a-z]*`)).Draw(t, "address")
		u, err := url.Parse(strings.TrimSpace(address))
		want := err == nil && u.Hostname() != ""
		got, ok := r.ByURL(address)
		if ok != want {
			t.Errorf("ByURL(%q) = %+v, %v", address, got, ok)
		}
	})
}

func TestEveryEntryIsFoundByItsNamesAndDomains(t *testing.T) {
	r := load(t)
	for _, e := range r.All() {
		for _, name := range append([]string{e.Name, strings.ToUpper(e.Name)}, e.Aliases...) {
			if o, ok := r.ByName(name); !ok || o != e.Outlet() {
				t.Errorf("ByName(%q) = %+v, %v; want %s", name, o, ok, e.Name)
			}
		}
		for _, d := range e.Domains {
			if o, ok := r.ByURL("https://www." + d + "/x"); !ok || o != e.Outlet() {
				t.Errorf("ByURL of %s = %+v, %v; want %s", d, o, ok, e.Name)
			}
		}
		if got, ok := r.Entry(e.Outlet()); !ok || got.Name != e.Name {
			t.Errorf("Entry(%s) = %s, %v", e.Name, got.Name, ok)
		}
	}
}

func TestUsersEntriesAddAndMend(t *testing.T) {
	r := load(t,
		outlets.Entry{Name: "The Example Courier", Domains: []string{"courier.example"}, Aliases: []string{"Courier"}},
		outlets.Entry{Name: "reuters", Aliases: []string{"Röyters"}, Domains: []string{"reuters.example"}},
		outlets.Entry{Name: "The Grey Lady", Domains: []string{"nytimes.com"}},
		outlets.Entry{Name: "Yahoo Finance Desk", Domains: []string{"finance.yahoo.com"}, Agency: true},
		outlets.Entry{Name: "Mint", Domains: []string{"theprint.in"}},
	)
	for _, tt := range []struct{ name, address, want string }{
		{"Courier", "https://www.courier.example/a", "The Example Courier"},
		{"Röyters", "https://reuters.example/", "reuters"},
		{"Reuters", "https://www.reuters.com/", "reuters"},
		{"New York Times", "https://www.nytimes.com/", "The Grey Lady"},
		{"Yahoo Finance Desk", "https://uk.finance.yahoo.com/", "Yahoo Finance Desk"},
		{"Yahoo", "https://news.yahoo.com/", "Yahoo"},
		{"Livemint", "https://theprint.in/", "Mint"},
	} {
		if o, _ := r.ByName(tt.name); o.Name != tt.want {
			t.Errorf("ByName(%q) = %q, want %q", tt.name, o.Name, tt.want)
		}
		if o, _ := r.ByURL(tt.address); o.Name != tt.want {
			t.Errorf("ByURL(%q) = %q, want %q", tt.address, o.Name, tt.want)
		}
	}
	if o, _ := r.ByName("reuters"); !o.Agency {
		t.Error("mending Reuters took its agency away")
	}
	got := r.Mentions("as the Courier, then The Example Courier wrote")
	if len(got) != 2 || got[0].Outlet.Domain != "courier.example" {
		t.Errorf("mentions of a user's outlet: %+v", got)
	}
}

func TestUsersEntriesAreChecked(t *testing.T) {
	for want, e := range map[string]outlets.Entry{
		"no name":       {Domains: []string{"a.example"}},
		"no domain":     {Name: "A", Domains: []string{"https://a.example/"}},
		"without www":   {Name: "A", Domains: []string{"www.a.example"}},
		"has no letter": {Name: "A", Aliases: []string{"--"}},
		"not both":      {Name: "A", Agency: true, Release: true},
		"a namesake is": {Name: "Reuters", Namesake: true},
	} {
		_, err := outlets.Load(feeds.Agencies(), e)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want an error with %q", e, err, want)
		}
	}
}

func TestLoadErrorsNameTheLine(t *testing.T) {
	for name, tt := range map[string]struct{ data, want string }{
		"unknown key":   {"outlets:\n  - {name: A, domain: a.example}\n", "agencies.yaml:2: field domain not found; see the top"},
		"wrong type":    {"outlets:\n  - name: A\n    agency: often\n", "agencies.yaml:3: cannot unmarshal"},
		"no yaml":       {"outlets: [\n", "agencies.yaml:"},
		"empty":         {"", "agencies.yaml: it is empty"},
		"no name":       {"outlets:\n  - {domains: [a.example]}\n", "agencies.yaml:2: an outlet has no name"},
		"domain twice":  {"outlets:\n  - {name: A, domains: [a.example]}\n  - {name: B, domains: [a.example]}\n", "agencies.yaml:3: B: A also has the domain a.example"},
		"alias twice":   {"outlets:\n  - {name: A}\n  - {name: B, aliases: [The A]}\n", `agencies.yaml:3: B: A is also called "The A"`},
		"namesake":      {"outlets:\n  - {name: A, domains: [a.example]}\n  - {name: The A, namesake: true}\n", "agencies.yaml:3: The A: a namesake is told"},
		"bad domain":    {"outlets:\n\n  - {name: A, domains: [A.example]}\n", `agencies.yaml:3: A: "A.example" is no domain`},
		"bad pattern":   {"datelines:\n  - {like: 'x', pattern: '({sign}'}\n", `agencies.yaml: "x": error parsing regexp`},
		"bad kind":      {"credits:\n  - {like: 'x', kind: photo, pattern: '{sign}'}\n", `"x": kind "photo" is none`},
		"two groups":    {"datelines:\n  - {like: 'x', pattern: '(a) {sign} b'}\n", `"x": only the sign may be`},
		"no sign":       {"datelines:\n  - {like: 'x', outlet: A, pattern: 'x'}\n", `"x": it has no {sign}`},
		"nothing in it": {"credits:\n  - {like: 'x', kind: part, pattern: 'x'}\n", `"x": it has no {sign}`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := outlets.Load([]byte(tt.data))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestAllIsACopy(t *testing.T) {
	r := load(t)
	r.All()[0].Name = "changed"
	if diff := cmp.Diff(load(t).All()[0], r.All()[0]); diff != "" {
		t.Error(diff)
	}
}

var (
	finnish  = outlets.Entry{Name: "Harbour Press", Domains: []string{"harbourpress.fi"}, Agency: true}
	chilean  = outlets.Entry{Name: "Harbour Press", Domains: []string{"harbourpress.cl"}, Aliases: []string{"Prensa del Puerto"}, Agency: true}
	magazine = outlets.Entry{Name: "Harbour Quarterly", Domains: []string{"quarterly.example"}, Aliases: []string{"The Harbour Press"}}
)

// Two outlets of one name stay two, whichever the configuration has first, and the name alone is neither's.
func TestNamesakes(t *testing.T) {
	someHarbourPress := news.Outlet{Name: "Harbour Press", Agency: true}
	for _, extra := range [][]outlets.Entry{{finnish, chilean}, {chilean, finnish}} {
		r := load(t, extra...)
		if o, ok := r.ByName("harbour press"); !ok || o != someHarbourPress {
			t.Errorf("ByName: %+v, %v; want %+v", o, ok, someHarbourPress)
		}
		if o, _ := r.ByName("Prensa del Puerto"); o != chilean.Outlet() {
			t.Errorf("a name that only one has: %+v", o)
		}
		for _, e := range extra {
			if o, _ := r.ByURL("https://www." + e.Domains[0] + "/a"); o != e.Outlet() {
				t.Errorf("ByURL of %s: %+v", e.Domains[0], o)
			}
			if o, _ := r.ByName(e.Domains[0]); o != e.Outlet() {
				t.Errorf("ByName of %s: %+v", e.Domains[0], o)
			}
			if got, ok := r.Entry(e.Outlet()); !ok || got.Domains[0] != e.Domains[0] {
				t.Errorf("Entry of %s: %+v, %v", e.Domains[0], got, ok)
			}
		}
		if e, ok := r.Entry(someHarbourPress); ok {
			t.Errorf("the entry of the name alone is %+v", e)
		}
		found := r.Mentions("the harbour was shut, Harbour Press reported")
		if len(found) != 1 || found[0].Outlet != someHarbourPress {
			t.Errorf("mentions: %+v", found)
		}
		if m, ok := r.Dateline("VALDOR (Harbour Press) — The quay closed."); !ok || m.Outlet != someHarbourPress {
			t.Errorf("dateline: %+v, %v", m, ok)
		}
		all := r.Namesakes(someHarbourPress)
		if len(all) != 2 || !slices.Contains(all, finnish.Outlet()) || !slices.Contains(all, chilean.Outlet()) {
			t.Errorf("namesakes: %+v", all)
		}
		for _, tt := range []struct{ host, lang, want string }{
			{"turku-post.fi", "en", "harbourpress.fi"}, {"valparaiso-post.cl", "en", "harbourpress.cl"}, {"valley-post.example", "en", ""},
		} {
			if o := r.Local(someHarbourPress, "Harbour Press", tt.host, tt.lang); o.Domain != tt.want {
				t.Errorf("on %s: %q, want %q", tt.host, o.Domain, tt.want)
			}
		}
		if got := len(r.SharedNames()); got != 1 {
			t.Errorf("%d names are shared, want 1", got)
		}
	}
}

// An alias may be shared as well. Who signs a text is the one that is an agency.
func TestNamesakeByAlias(t *testing.T) {
	r := load(t, finnish, magazine)
	if o, _ := r.ByName("Harbour Press"); o != (news.Outlet{Name: "Harbour Press"}) {
		t.Errorf("by name: %+v", o)
	}
	if m, ok := r.Dateline("VALDOR (Harbour Press) — The quay closed."); !ok || m.Outlet != finnish.Outlet() {
		t.Errorf("dateline: %+v, %v", m, ok)
	}
	if o, _ := r.ByName("Harbour Quarterly"); o != magazine.Outlet() {
		t.Errorf("by its own name: %+v", o)
	}
}

// What is built in is mended by an entry of its name, unless that says that it is another.
func TestNamesakeOfABuiltInOutlet(t *testing.T) {
	other := outlets.Entry{Name: "Reuters", Domains: []string{"reuters.example"}}
	for _, namesake := range []bool{false, true} {
		other.Namesake = namesake
		r := load(t, other)
		o, _ := r.ByURL("https://reuters.example/a")
		if got := o.Domain == "reuters.example"; got != namesake {
			t.Errorf("namesake: %v: reuters.example is %+v", namesake, o)
		}
		if o, _ := r.ByURL("https://www.reuters.com/a"); o.Domain != "reuters.com" || !o.Agency {
			t.Errorf("namesake: %v: reuters.com is %+v", namesake, o)
		}
		want := []outlets.SharedName{}
		if namesake {
			builtIn, _ := load(t).ByName("Reuters")
			want = append(want, outlets.SharedName{Name: "Reuters", Outlets: []news.Outlet{builtIn, other.Outlet()}})
		}
		if diff := cmp.Diff(want, r.SharedNames()); diff != "" {
			t.Errorf("namesake: %v: shared names (-want +got):\n%s", namesake, diff)
		}
	}
	if _, err := outlets.Load(feeds.Agencies(), outlets.Entry{Name: "Reuters", Namesake: true}); err == nil {
		t.Error("a namesake without a domain is none that could be told from the others")
	}
}

// Agencies that share a sign are told apart by the host's country, then by the language; else the first one is meant.
func TestLocal(t *testing.T) {
	r := load(t)
	for _, tt := range []struct{ sign, host, lang, want string }{
		{"APS", "dakar-post.sn", "fr", "aps.sn"},
		{"APS", "alger-post.dz", "fr", "aps.dz"},
		{"APS", "valley-post.example", "fr", "aps.dz"},
		{"CNA", "nicosia-post.cy", "en", "cna.org.cy"},
		{"CNA", "valley-post.example", "el", "cna.org.cy"},
		{"CNA", "taipei-post.tw", "en", "cna.com.tw"},
		{"CNA", "valley-post.example", "en", "cna.com.tw"},
		{"APA", "baku-post.az", "en", "apa.az"},
		{"APA", "wien-post.at", "de", "apa.at"},
		{"APA", "valley-post.example", "az", "apa.az"},
		{"KNA", "nairobi-post.ke", "en", "kenyanews.go.ke"},
		{"KNA", "valley-post.example", "de", "kna.de"},
		{"ACN", "habana-post.cu", "es", "acn.cu"},
		{"ACN", "girona-post.cat", "ca", "acn.cat"},
		{"AFP", "dakar-post.sn", "fr", "afp.com"},
	} {
		given, ok := r.Dateline("HARBOUR, Aug. 18 (" + tt.sign + ") — The quay closed.")
		if !ok {
			t.Fatalf("%s is no sign", tt.sign)
		}
		if got := r.Local(given.Outlet, tt.sign, tt.host, tt.lang).Domain; got != tt.want {
			t.Errorf("%s on %s in %q: %s, want %s", tt.sign, tt.host, tt.lang, got, tt.want)
		}
	}
}

// A short name that means other things elsewhere is looked for at home only, as a word of its own.
func TestAtHome(t *testing.T) {
	r := load(t)
	for _, tt := range []struct {
		text, host, lang string
		want             int
	}{
		{"Das sagte er der APA. Die APA meldet es.", "wien-post.at", "", 2},
		{"Das sagte er der APA.", "valley-post.example", "de", 1},
		{"The APA told its psychologists so.", "valley-post.example", "en", 0},
		{"The AAP reported it, AAPL did not.", "sydney-post.com.au", "en", 1},
		{"The AAP advises parents.", "valley-post.example", "en", 0},
		{"Det säger han till TT. ATT är inte TTX.", "valley-post.example", "sv", 1},
	} {
		found := r.AtHome(tt.text, tt.host, tt.lang)
		if len(found) != tt.want {
			t.Errorf("%q on %s in %q: %v", tt.text, tt.host, tt.lang, found)
		}
	}
}

func TestUnwrap(t *testing.T) {
	r := load(t)
	tests := map[string]string{
		"https://www.google.com/url?q=https://paper.example/a-long-story&sa=D":                                "https://paper.example/a-long-story",
		"https://l.facebook.com/l.php?u=https%3A%2F%2Fpaper.example%2Fstory&h=AT0":                            "https://paper.example/story",
		"https://www.facebook.com/l.php?u=https%3A%2F%2Fpaper.example%2Fstory":                                "https://paper.example/story",
		"https://out.reddit.com/t3_x?url=https%3A%2F%2Fpaper.example%2Fstory":                                 "https://paper.example/story",
		"https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%3A%2F%2Fpaper.example": "https://paper.example",
		"https://bit.ly/3xyz": "https://bit.ly/3xyz",
		"https://l.facebook.com/l.php?u=http%3A%2F%2F127.0.0.1%2F": "https://l.facebook.com/l.php?u=http%3A%2F%2F127.0.0.1%2F",
		"https://l.facebook.com/l.php?u=javascript:alert(1)":       "https://l.facebook.com/l.php?u=javascript:alert(1)",
		"https://l.facebook.com/l.php?u=http%3A%2F%2Flocalhost%2F": "https://l.facebook.com/l.php?u=http%3A%2F%2Flocalhost%2F",
		"https://paper.example/share?url=https://other.example/":   "https://paper.example/share?url=https://other.example/",
		"https://www.google.com/search?q=https://paper.example/":   "https://www.google.com/search?q=https://paper.example/",
		"not an address": "not an address", "": "",
	}
	for address, want := range tests {
		if got := r.Unwrap(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestRedirects(t *testing.T) {
	r := load(t)
	for address, want := range map[string]bool{
		"https://bit.ly/3xyz": true, "https://WWW.BIT.LY./x": true, "https://news.google.co.uk/rss/articles/x": true,
		"https://google.com/": false, "https://google.com/url?q=x": true, "https://habit.ly/": false, "": false, "://": false,
	} {
		if got := r.Redirects(address); got != want {
			t.Errorf("%s redirects: %v", address, got)
		}
	}
}
