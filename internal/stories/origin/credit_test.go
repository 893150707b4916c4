package origin

import (
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
)

const ferries = "Port Ellery closes both ferry berths after cracks in pier"

// TestHeadlines has sites rerun an agency without a word of it.
func TestHeadlines(t *testing.T) {
	agency := member{domain: wire, agency: true, title: ferries, hours: 9}
	tests := map[string]struct {
		members []member
		outlet  string
		article int // from 1
		level   string
	}{
		"a bare headline nine hours later":           {[]member{{domain: local, title: ferries, text: "0"}, agency}, wire, 2, news.LevelOriginal},
		"beside the whole text":                      {[]member{{domain: local, title: ferries, text: "01234"}, agency}, wire, 2, ""},
		"of three sites":                             {[]member{{domain: local, title: ferries, text: "01234"}, {domain: local2, title: ferries, text: "0123"}, {domain: "third.example", title: ferries, text: "012", hours: 1}, agency}, wire, 4, news.LevelOriginal},
		"a headline with a word before it":           {[]member{{domain: local, title: "UPDATE 2-" + ferries, text: "0"}, agency}, wire, 2, news.LevelOriginal},
		"a headline of other words":                  {[]member{{domain: local, title: "Commuters stranded as harbour shuts crossing", text: "0123"}, agency}, local, 1, ""},
		"two short headlines may be the same":        {[]member{{domain: local, title: "Ferries stop", text: "01234"}, {domain: wire, agency: true, title: "Ferries stop", hours: 9}}, local, 1, ""},
		"two agencies with one headline":             {[]member{{domain: local, title: ferries, text: "01234"}, agency, {domain: wire2, agency: true, title: ferries, hours: 9}}, local, 1, ""},
		"the agency tells what the paper had":        {[]member{{domain: local, title: ferries, text: "01234"}, {domain: wire, agency: true, title: ferries, hours: 9, claims: []news.Claim{credit1(news.ClaimReport, local)}}}, local, 1, ""},
		"two that are no agencies":                   {[]member{{domain: local, title: ferries, text: "0123"}, {domain: local2, title: ferries, hours: 9}}, local, 1, ""},
		"one that credits another agency in its way": {[]member{{domain: local, title: ferries, text: "0123", claims: []news.Claim{credit1(news.ClaimDateline, wire2)}}, {domain: wire2, agency: true, text: "0123", title: "Ellery pier"}, agency}, wire2, 2, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := Weigher{}.Decide(candidates(tt.members)).Origin
			if o.Domain != tt.outlet || o.Article != int64(tt.article) || tt.level != "" && o.Level != tt.level {
				t.Errorf("article %d of %s, %s (%.2f), want %d of %s, %s", o.Article, o.Domain, o.Level, o.Confidence, tt.article, tt.outlet, tt.level)
				logEvidence(t, o)
			}
		})
	}
}

func logEvidence(t *testing.T, o news.Origin) {
	t.Helper()
	for _, e := range o.Evidence {
		t.Logf("%+.2f %s", e.Weight, e.Detail)
	}
}

// at puts a member at an address.
func at(url string, c Candidate) Candidate {
	c.Article.URL = url
	return c
}

// TestForms has an outlet make a film and a letter of its article.
func TestForms(t *testing.T) {
	const site = "https://www." + wire
	article := member{domain: wire, agency: true, text: "0", title: ferries}
	film := member{domain: wire, agency: true, text: "0123", title: ferries, hours: 20}
	tests := map[string]struct {
		members []Candidate
		want    int64
	}{
		"a film and the article":                   {[]Candidate{at(site+"/news/article/ferries-stop", candidate(0, article)), at(site+"/news/videos/ferries-stop", candidate(1, film))}, 1},
		"a letter and the article":                 {[]Candidate{at(site+"/news/article/ferries-stop", candidate(0, article)), at(site+"/newsletters/ferries-stop", candidate(1, film))}, 1},
		"a film of which all others tell":          {[]Candidate{at("https://"+local+"/news/ferries-stop", candidate(0, member{domain: local, text: "0", title: "Boats stay in"})), at(site+"/videos/ferries-stop", candidate(1, film))}, 2},
		"a letter and its listing":                 {[]Candidate{at("https://news.google.com/rss/articles/x", candidate(0, member{domain: wire, agency: true, title: ferries})), at(site+"/newsletters/ferries-stop", candidate(1, film))}, 2},
		"a film and a listing of another":          {[]Candidate{at("https://news.google.com/rss/articles/x", candidate(0, member{domain: wire, agency: true, title: "Ellery loses its boats to a rotten pier"})), at(site+"/videos/ferries-stop", candidate(1, member{domain: wire, agency: true, text: "0", title: ferries, hours: 9}))}, 1},
		"a press release that an agency passes on": {[]Candidate{at("https://www."+local+"/news-releases/ferries", candidate(0, member{domain: local, text: "0", title: ferries, hours: 1})), at(site+"/press-releases/ferries-stop", candidate(1, member{domain: wire, agency: true, text: "0123", title: ferries}))}, 1},
		"a ministry's own":                         {[]Candidate{at("https://www."+local+"/press-releases/ferries", candidate(0, member{domain: local, text: "0", title: "Ferries: what the county does"})), at("https://www."+local2+"/news/ferries", candidate(1, member{domain: local2, text: "0", title: "County acts on boats", hours: 9}))}, 1},
		"a place that is called video":             {[]Candidate{at(site+"/news/video", candidate(0, film)), at(site+"/news/article/ferries-stop", candidate(1, article))}, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := Weigher{}.Decide(tt.members).Origin
			if o.Article != tt.want {
				t.Errorf("article %d (%s), want %d", o.Article, o.URL, tt.want)
				logEvidence(t, o)
			}
		})
	}
}

// TestListing learns from a log that a site lists others' texts. It is then no origin, whatever it gives of the text.
func TestListing(t *testing.T) {
	const list = "list.example"
	learn := func(passed, own int) map[string]Habit {
		var log Log
		for i := range passed + own {
			m := member{domain: list, hours: float64(i)}
			if i < passed {
				m.claims = []news.Claim{credit1(news.ClaimSource, local)}
			}
			c := candidate(i, m)
			log.Add(c.Article, c.Claims)
		}
		return log.Habits()
	}
	both := []member{{domain: list, text: "0123"}, {domain: local, text: "01", hours: 5}}
	alone := []member{{domain: list, text: "01234"}}
	tests := map[string]struct {
		habits  map[string]Habit
		members []member
		outlet  string
		level   string
	}{
		"nothing is known of it":          {nil, both, list, ""},
		"all its items are others'":       {learn(40, 0), both, local, ""},
		"nearly all are":                  {learn(95, 5), both, local, ""},
		"half are":                        {learn(30, 30), both, list, ""},
		"few items tell nothing":          {learn(10, 0), both, list, ""},
		"alone":                           {nil, alone, list, news.LevelLikely},
		"alone, and all are others'":      {learn(40, 0), alone, list, news.LevelEarliest},
		"an agency is no listing site":    {map[string]Habit{wire: {Items: 50, Passed: 50}}, []member{{domain: wire, agency: true, text: "0123"}, {domain: local, text: "0", hours: 1}}, wire, news.LevelOriginal},
		"what it names is where it is of": {learn(40, 0), []member{{domain: list, text: "0123", claims: []news.Claim{credit1(news.ClaimSource, scoop)}}}, scoop, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := Weigher{Habits: tt.habits}.Decide(candidates(tt.members)).Origin
			if o.Domain != tt.outlet || tt.level != "" && o.Level != tt.level {
				t.Errorf("%s, %s (%.2f), want %s, %s", o.Domain, o.Level, o.Confidence, tt.outlet, tt.level)
				logEvidence(t, o)
			}
		})
	}
}

// An advertisement is no origin, and alone in its story it is shown as nobody's original.
func TestAdvertisement(t *testing.T) {
	ms := candidates([]member{{domain: local, text: "01234", title: "[PR] " + ferries}, {domain: local2, text: "012", hours: 3}})
	if o := (Weigher{}).Decide(ms).Origin; o.Domain != local2 {
		t.Errorf("%s is the origin, which advertises", o.Domain)
		logEvidence(t, o)
	}
	o := Weigher{}.Decide(candidates([]member{{domain: wire, agency: true, text: "01234", title: "Sponsored: " + ferries}})).Origin
	if o.Level != news.LevelEarliest || !strings.Contains(o.Evidence[len(o.Evidence)-1].Detail, "advertisement") {
		t.Errorf("an advertisement is %q", o.Level)
		logEvidence(t, o)
	}
}

// dateLog is a feed's items: polled every hour from noon on, a new one at each poll that came out 20 minutes before it and is dated
// wrong by off.
func dateLog(domain string, feed int64, items int, off time.Duration) []Candidate {
	var all []Candidate
	for i := range items {
		c := candidate(i, member{domain: domain, hours: float64(i)})
		c.Article.FeedID, c.Article.GUID = feed, domain+time.Duration(i).String()
		c.Article.Seen = noon.Add(time.Duration(i) * time.Hour)
		c.Article.Published = c.Article.Seen.Add(-time.Duration(15+i%10) * time.Minute).Add(off)
		all = append(all, c)
	}
	return all
}

func TestClocks(t *testing.T) {
	tests := map[string]struct {
		items []Candidate
		want  time.Duration // to the hour and a half; 0 is a clock that nothing is known against
	}{
		"right":                         {dateLog(local, 1, 40, 0), 0},
		"a day ahead":                   {dateLog(local, 1, 40, 24*time.Hour), 24 * time.Hour},
		"five hours behind":             {dateLog(local, 1, 40, -5*time.Hour), -5 * time.Hour},
		"a few minutes are no error":    {dateLog(local, 1, 40, 25*time.Minute), 0},
		"too few items":                 {dateLog(local, 1, 7, -5*time.Hour), 0},
		"what was there at first":       {sameSeen(dateLog(local, 1, 40, -5*time.Hour)), 0},
		"a list of what is read most":   {agesOf(dateLog(local, 1, 60, 0)), 0},
		"an archive that comes late":    {dateLog(local, 1, 40, -100*time.Hour), 0},
		"dates that are days":           {daysOf(dateLog(local, 1, 40, -5*time.Hour)), 0},
		"one of the next century":       {append(dateLog(local, 1, 39, 0), dateLog(local, 1, 1, 100*365*24*time.Hour)...), 0},
		"an aggregator's dates":         {listedAt("https://news.google.com/rss/articles/", dateLog(local, 1, 40, -5*time.Hour)), 0},
		"another feed of the same site": {dateLog(local, 2, 40, -5*time.Hour), 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var forth, back Log
			for i := range tt.items {
				forth.Add(tt.items[i].Article, nil)
				last := tt.items[len(tt.items)-1-i]
				back.Add(last.Article, nil)
			}
			got := forth.Clocks()[Clock{1, local}]
			if diff := got - tt.want; diff < -90*time.Minute || diff > 90*time.Minute || tt.want == 0 && got != 0 {
				t.Errorf("%s ahead, want %s", got, tt.want)
			}
			if other := back.Clocks()[Clock{1, local}]; other != got {
				t.Errorf("%s ahead, and %s in another order", got, other)
			}
		})
	}
}

func sameSeen(cs []Candidate) []Candidate {
	for i := range cs {
		cs[i].Article.Seen = noon.Add(50 * time.Hour)
	}
	return cs
}

// agesOf gives items that are between an hour and a day old when they come.
func agesOf(cs []Candidate) []Candidate {
	for i := range cs {
		cs[i].Article.Published = cs[i].Article.Seen.Add(-time.Duration(60+i*977%(23*60)) * time.Minute)
	}
	return cs
}

func daysOf(cs []Candidate) []Candidate {
	for i := range cs {
		cs[i].Article.Published = cs[i].Article.Published.Truncate(24 * time.Hour)
	}
	return cs
}

func listedAt(url string, cs []Candidate) []Candidate {
	for i := range cs {
		cs[i].Article.URL = url + cs[i].Article.GUID
	}
	return cs
}

// TestClockCounts has a paper copy another two hours later, by a clock that is five hours behind.
func TestClockCounts(t *testing.T) {
	var log Log
	for _, c := range dateLog(local2, 2, 40, -5*time.Hour) {
		log.Add(c.Article, nil)
	}
	members := func() []Candidate {
		first, copied := candidate(0, member{domain: local, text: "012", hours: 4}), candidate(1, member{domain: local2, text: "012", hours: 6})
		first.Article.FeedID, copied.Article.FeedID = 1, 2
		copied.Article.Published = copied.Article.Published.Add(-5 * time.Hour)
		return []Candidate{first, copied}
	}
	if o := (Weigher{}).Decide(members()).Origin; o.Domain != local2 {
		t.Fatalf("%s is the origin by its date: this tests nothing", o.Domain)
	}
	d := Weigher{Clocks: log.Clocks()}.Decide(members())
	if d.Origin.Domain != local {
		t.Errorf("%s is the origin, whose clock is behind", d.Origin.Domain)
		logEvidence(t, d.Origin)
	}
}

// A member goes back to the version whose headline it bears.
func TestVersions(t *testing.T) {
	const early, late = "Fire at the mill of Orling, forty led to safety", "Mill of Orling burns down, nobody is hurt"
	for name, tt := range map[string]struct {
		members []member
		carries []int64 // by member, in the order given
	}{
		"a rerun of the second version, listed by the agency": {
			[]member{
				{domain: wire, agency: true, hours: 0, text: "0123", title: early},
				{domain: wire, agency: true, hours: 2, title: late},
				{domain: local, hours: 3, title: late},
				{domain: local2, hours: 1, title: early},
			},
			[]int64{0, 2, 2, 0},
		},
		"another agency's own words": {
			[]member{
				{domain: wire, agency: true, hours: 0, text: "0123", title: early},
				{domain: wire2, agency: true, hours: 1, title: late, claims: []news.Claim{credit1(news.ClaimReport, wire)}},
			},
			[]int64{0, 2},
		},
		"a copy of the origin's text under another headline": {
			[]member{
				{domain: wire, agency: true, hours: 0, text: "0123", title: early},
				{domain: local, hours: 1, text: "0123", title: "Forty workers flee a fire at the mill"},
			},
			[]int64{0, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := Weigher{}.Decide(candidates(tt.members))
			if d.Origin.Article != 1 {
				t.Fatalf("the origin is %d, want 1", d.Origin.Article)
			}
			for _, m := range d.Members {
				if want := tt.carries[m.Article.ID-1]; m.Carries != want {
					t.Errorf("member %d goes back to %d, want %d", m.Article.ID, m.Carries, want)
				}
			}
		})
	}
}
