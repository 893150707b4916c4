package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"headwater/internal/news"
)

func at(day, hour int) time.Time { return time.Date(2026, 8, day, hour, 0, 0, 0, time.UTC) }

// corpus is a small day of invented news.
func corpus() []news.Article {
	reuters := news.Outlet{Name: "Reuters", Domain: "reuters.com", Agency: true}
	times := news.Outlet{Name: "The Harbour Times", Domain: "harbourtimes.co.uk"}
	diario := news.Outlet{Name: "El Diario del Puerto", Domain: "diario.es"}
	asahi := news.Outlet{Name: "港新聞", Domain: "minato.jp"}
	return []news.Article{
		{
			ID: 1, FeedID: 1, Outlet: reuters, Lang: "en", Published: at(18, 9), Seen: at(18, 10), Authors: []string{"Ann Lee", "Bo Moss"},
			Title: "Central bank raises interest rates", Text: "The central bank raised rates on Tuesday.\n\nMarkets in the U.S. fell 1,500 points.",
		},
		{
			ID: 2, FeedID: 2, Outlet: times, Lang: "en", Published: at(18, 11), Seen: at(18, 12), Authors: []string{"Lee Ann"},
			Title: "Rates rise surprises markets", Text: "The bank, central to the plan, raised its rate, Reuters reported.",
		},
		{
			ID: 3, FeedID: 2, Outlet: times, Lang: "en", Published: at(19, 1), Seen: at(19, 2),
			Title: "Dockers' strike ends", Text: "China's dockers went back to work. The bank holiday helped; elections come next.",
		},
		{
			ID: 4, FeedID: 3, Outlet: diario, Lang: "es", Published: at(19, 23), Seen: at(20, 1),
			Title: "Las elecciones del país", Text: "El banco central subió los tipos de interés, según Reuters.",
		},
		{
			ID: 5, FeedID: 4, Outlet: asahi, Lang: "ja", Published: at(20, 3), Seen: at(20, 4),
			Title: "全人代が開幕", Text: "全国人民代表大会が北京で開幕した。G7サミットも話題。",
		},
		{ID: 6, FeedID: 12, Lang: "en", Seen: at(18, 5), Undated: true, Title: "Opinion: the election", Summary: "A summary only, on electors and the strike."}, // nobody knows its time, no outlet
	}
}

// credits stands for what newsroom gives: the outlets that a text names.
func credits(a news.Article) []news.Outlet {
	switch a.ID {
	case 2, 4:
		return []news.Outlet{{Name: "Kyodo News", Domain: "kyodonews.net"}, {Name: "Reuters", Domain: "reuters.com"}}
	}
	return nil
}

func filled(t *testing.T) *Index {
	t.Helper()
	x := open(t, t.TempDir(), Options{Credits: credits})
	put(t, x, 6, corpus()...)
	return x
}

func TestSearch(t *testing.T) {
	x := filled(t)
	tests := []struct {
		query string
		want  []int64
	}{
		{"rates", []int64{1, 2}},
		{"RATE", []int64{1, 2}},
		{"bank", []int64{1, 2, 3}},
		{"bank rates", []int64{1, 2}},
		{`"central bank"`, []int64{1}},
		{`"bank central"`, []int64{2}},
		{`"banco central"`, []int64{4}},
		{"strike OR subio", []int64{3, 4, 6}},
		{"bank -rates", []int64{3}},
		{"-bank", []int64{4, 5, 6}},
		{"nowhere -bank", nil},
		{"nowhere* -bank", nil},
		{"bank -nowhere*", []int64{1, 2, 3}},
		{"(strike OR rates) -opinion lang:en", []int64{1, 2, 3}},
		{"elect*", []int64{3, 6}},
		{"elections*", []int64{3, 6}},
		{"election", []int64{3, 6}},
		{"elecciones", []int64{4}},
		{"pais", []int64{4}},
		{"interes", []int64{4}},
		{"us", []int64{1}},
		{"1500", []int64{1}},
		{"china", []int64{3}},
		{"title:strike", []int64{3}},
		{`title:"rates rise"`, []int64{2}},
		{"title:ele*", []int64{4, 6}},
		{"author:lee", []int64{1, 2}},
		{`author:"ann lee"`, []int64{1}},
		{`author:"lee bo"`, nil},
		{"author:mos*", []int64{1}},
		{"source:reuters", []int64{1, 2, 4}},
		{"source:reuters.com", []int64{1, 2, 4}},
		{"source:REUT*", []int64{1, 2, 4}},
		{"source:reuter", []int64{1, 2, 4}},
		{"source:kyodonews", []int64{2, 4}},
		{`source:"kyodo news"`, []int64{2, 4}},
		{`source:"news reuters"`, nil},
		{`source:"harbour times"`, []int64{2, 3}},
		{"source:harbourtimes.co", []int64{2, 3}},
		{"source:times.co.uk", nil},
		{"source:港新聞", []int64{5}},
		{"-source:reuters", []int64{3, 5, 6}},
		{"source:reuters banco", []int64{4}},
		{"lang:ja", []int64{5}},
		{"feed:2", []int64{2, 3}},
		{"feed:1", []int64{1}},
		{"date:2026-08-18", []int64{1, 2}},
		{"date:2026-08-18..2026-08-19", []int64{1, 2, 3, 4}},
		{"date:..2026-08-18", []int64{1, 2}},
		{"date:2026-08-20..", []int64{5}},
		{"date:2026-08", []int64{1, 2, 3, 4, 5}},
		{"date:2025", nil},
		{"after:2026-08-19", []int64{3, 4, 5}},
		{"before:2026-08-19", []int64{1, 2}},
		{"bank after:2026-08-19", []int64{3}},
		{"全人代", []int64{5}},
		{"人代", []int64{5}},
		{"人民代表大会", []int64{5}},
		{"北京 サミット", []int64{5}},
		{"全人代表", nil},
		{"京", []int64{5}},
		{"幕", []int64{5}},
		{"全*", []int64{5}},
		{"g7 開幕", []int64{5}},
		{"summary", []int64{6}},
	}
	for _, tt := range tests {
		for _, newest := range []bool{false, true} {
			hits := find1(t, x, Request{Query: tt.query, Newest: newest})
			var got []int64
			for _, h := range hits.Hits {
				got = append(got, h.ID)
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) || hits.Total != len(tt.want) {
				t.Errorf("%s (newest %v): got %v of %d, want %v", tt.query, newest, got, hits.Total, tt.want)
			}
		}
	}
}

func TestSearchErrors(t *testing.T) {
	x := filled(t)
	_, err := x.Search(t.Context(), Request{Query: "(bank"}, now)
	var q *QueryError
	if !errors.As(err, &q) || q.At != 1 {
		t.Errorf("an open parenthesis gives %v", err)
	}
	if err := Validate("(bank"); !errors.As(err, &q) {
		t.Errorf("Validate gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Search(ctx, Request{Query: "bank"}, now); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled search gives %v", err)
	}
}

func TestOrder(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	long := "Filler words that pad this article so that it is by no means short. "
	put(t, x, 6,
		news.Article{ID: 1, Title: "Ferry", Text: "The ferry sank. A ferry too many.", Seen: at(2, 9)},
		news.Article{ID: 2, Title: "Harbour", Text: "The ferry sailed.", Seen: at(3, 9)},
		news.Article{ID: 3, Title: "Harbour", Text: "The ferry sailed.", Seen: at(20, 9)},
		news.Article{ID: 4, Title: "Harbour", Text: long + long + long + "The ferry.", Seen: at(20, 8)},
		news.Article{ID: 5, Title: "Undated ferry", Text: "Nothing."},
		news.Article{ID: 6, Title: "Another", Text: "Another harbour.", Seen: at(20, 10)},
	)
	tests := []struct {
		name   string
		search Request
		want   []int64
	}{
		{"the better match first, of equal ones the fresher", Request{Query: "ferry"}, []int64{1, 5, 3, 4, 2}},
		{"the newest first, the undated last", Request{Query: "ferry", Newest: true}, []int64{3, 4, 2, 1, 5}},
		{"unscored by freshness", Request{Query: "date:2026-08"}, []int64{6, 3, 4, 2, 1}},
		{"what the scored part says counts", Request{Query: "ferry date:2026-08"}, []int64{1, 3, 4, 2}},
		{"a page", Request{Query: "ferry", Newest: true, Limit: 2, Offset: 1}, []int64{4, 2}},
		{"past the end", Request{Query: "ferry", Offset: 10}, nil},
		{"negative", Request{Query: "ferry", Newest: true, Offset: -3, Limit: -1}, []int64{3, 4, 2, 1, 5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { equal(t, tt.want, found(t, x, tt.search)) })
	}
	hits := find1(t, x, Request{Query: "ferry", Limit: 2})
	if hits.Total != 5 || hits.Hits[0].Score <= hits.Hits[1].Score || hits.Hits[1].Score <= 0 {
		t.Errorf("scores: %+v", hits)
	}
}

// Pages put together are the whole, each hit once.
func TestPages(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	var list []news.Article
	for id := range int64(150) {
		a := numbered(id + 1)
		a.Seen = now.Add(-time.Duration(id%7) * time.Hour)
		list = append(list, a)
	}
	put(t, x, 150, list...)
	for _, newest := range []bool{false, true} {
		whole := found(t, x, Request{Query: "report", Newest: newest, Limit: 300})
		var pages []int64
		for offset := 0; offset < 150; offset += 40 {
			pages = append(pages, found(t, x, Request{Query: "report", Newest: newest, Limit: 40, Offset: offset})...)
		}
		equal(t, whole, pages)
		if len(slices.Compact(slices.Sorted(slices.Values(pages)))) != 150 {
			t.Errorf("newest %v: %d hits in pages", newest, len(pages))
		}
	}
}

func TestHighlights(t *testing.T) {
	x := filled(t)
	articles := corpus()
	texts := func(s string, spans []news.Span) (out []string) {
		for _, sp := range spans {
			out = append(out, s[sp.Start:sp.End])
		}
		return out
	}
	tests := []struct {
		query       string
		id          int64
		title, body []string
	}{
		{"rates", 1, []string{"rates"}, []string{"rates"}},
		{"bank rates", 1, []string{"bank", "rates"}, []string{"bank", "rates"}},
		{`"central bank"`, 1, []string{"Central", "bank"}, []string{"central", "bank"}},
		{"title:rates", 2, []string{"Rates"}, nil},
		{"us OR 1500", 1, nil, []string{"U.S", "1,500"}},
		{"china -rates", 3, nil, []string{"China"}},
		{"elect*", 6, []string{"election"}, []string{"electors"}},
		{"interes", 4, nil, []string{"interés"}},
		{"全人代", 5, []string{"全人代"}, nil},
		{"人民代表 サミ", 5, nil, []string{"人民代表", "サミ"}},
		{"source:reuters subió", 4, nil, []string{"subió"}},
		{"source:reuters date:2026-08-18 bank", 1, []string{"bank"}, []string{"bank"}},
		{"lang:ja", 5, nil, nil},
	}
	for _, tt := range tests {
		for _, newest := range []bool{false, true} {
			hits := find1(t, x, Request{Query: tt.query, Newest: newest}).Hits
			i := slices.IndexFunc(hits, func(h Hit) bool { return h.ID == tt.id })
			if i < 0 {
				t.Errorf("%s: %d not found", tt.query, tt.id)
				continue
			}
			a := articles[tt.id-1]
			title, body := texts(a.Title, hits[i].Title), texts(a.Body(), hits[i].Body)
			if !slices.Equal(title, tt.title) || !slices.Equal(body, tt.body) {
				t.Errorf("%s: title %q, body %q; want %q and %q", tt.query, title, body, tt.title, tt.body)
			}
		}
	}
	if h := find1(t, x, Request{Query: "rates", Limit: maxMarked + 1}).Hits[0]; h.Title != nil || h.Body != nil {
		t.Error("a page that nobody reads has highlights")
	}
}

// What is shown and not in the body is found like the body, in places that count on behind it.
func TestFindsWhatIsShown(t *testing.T) {
	x := open(t, t.TempDir(), Options{Shown: shownAsHTML})
	a := news.Article{ID: 1, Title: "Festival", Text: "The festival announced its line.", HTML: "Marisol Quintero\n市長 Dagny", Lang: "en"}
	put(t, x, 1, a, news.Article{ID: 2, HTML: "Sumac", Lang: "en"}, numbered(3))
	for query, want := range map[string][]string{
		"quintero": {"Quintero"}, `"marisol quintero"`: {"Marisol", "Quintero"}, "festival dagny": {"festival", "Dagny"}, "市長": {"市長"}, "annou* quint*": {"announced", "Quintero"},
		`"line marisol"`: nil, "title:quintero": nil,
	} {
		hits := find1(t, x, Request{Query: query}).Hits
		if len(hits) != min(len(want), 1) {
			t.Errorf("%s: %d found", query, len(hits))
			continue
		}
		var got []string
		for _, h := range hits {
			for _, s := range h.Body {
				got = append(got, x.IndexedText(a)[s.Start:s.End])
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q is marked, want %q", query, got, want)
		}
	}
	equal(t, []int64{2}, found(t, x, Request{Query: "sumac"}))
}

// Whatever an article says, the word and the phrase that it is made of find it, and highlights lie on whole characters.
func TestFindsItself(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	id := int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		id++
		body := rapid.StringMatching(`([a-zA-Zé'.,0-9全人代が開幕ไทย한국#&+/@$%€_!＃-]{1,10}[ \n]){1,12}`).Draw(rt, "body")
		if len(cutTerms(body)) == 0 {
			return
		}
		if err := x.Put(t.Context(), []news.Article{{ID: id, Text: body, Seen: now}}, id); err != nil {
			rt.Fatal(err)
		}
		hits, err := x.Search(t.Context(), Request{Query: `"` + body + `"`, Limit: 200}, now)
		if err != nil {
			rt.Fatal(err)
		}
		i := slices.IndexFunc(hits.Hits, func(h Hit) bool { return h.ID == id })
		if i < 0 {
			rt.Fatalf("%q does not find itself", body)
		}
		end := 0
		for _, s := range hits.Hits[i].Body {
			if s.Start < end || s.End <= s.Start || s.End > len(body) || len([]rune(body[s.Start:s.End])) == 0 {
				rt.Fatalf("%q: spans %v", body, hits.Hits[i].Body)
			}
			end = s.End
		}
		if end == 0 {
			rt.Fatalf("%q: no highlights", body)
		}
	})
}

// A search gives the same whoever reads which part of the index.
func TestSharedOut(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	x.limiter = make(limiter, 5)
	for from := int64(1); from <= 400; from += 50 { // a segment each
		var articles []news.Article
		for id := from; id < from+50; id++ {
			a := news.Article{ID: id, Title: fmt.Sprintf("Harbour %d", id%7), Text: strings.Repeat("The ferry waits. ", int(id%5)), Seen: now.Add(-time.Duration(id*id%997) * time.Hour)}
			a.Lang = []string{"en", "de", ""}[id%3]
			if id == 30 { // it has no word of the queries, whose rarity would change when its segment is merged
				a.Title, a.Text = "Pier", ""
			}
			articles = append(articles, a)
		}
		put(t, x, from+49, articles...)
	}
	put(t, x, 400, news.Article{ID: 30, Title: "Something else", Seen: now}) // a document of the first segment is deleted
	marks := news.Marks{Read: news.IDsOf(3, 30, 99, 398)}
	for _, query := range []string{"harbour", "ferry -lang:de", "harbour ferry", "harb*", "harbour OR else", "lang:en", "is:unread", "is:unread ferry", "nothing"} {
		for _, s := range []Request{{}, {Newest: true}, {Facets: true}, {Limit: 3, Offset: 2}} {
			s.Query, s.User, s.Marks = query, 1, &marks
			var hits [2]Result
			for i, share := range []uint64{1, 1 << 40} {
				x.share = share
				var err error
				if hits[i], err = x.Search(t.Context(), s, now); err != nil {
					t.Fatalf("%q: %v", query, err)
				}
			}
			equal(t, hits[1], hits[0])
			if hits[0].Matches == 0 != (query == "nothing") {
				t.Errorf("%q finds %d articles", query, hits[0].Matches)
			}
		}
	}
	if taken := len(x.limiter); taken > 0 {
		t.Errorf("%d turns were not given back", taken)
	}
}

func TestSuggest(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	put(t, x, 3,
		news.Article{ID: 1, Title: "River floods the lower town", Text: "The river rose. Rivers rise.", Seen: now},
		news.Article{ID: 2, Title: "Election called", Text: "A general election was called by the government.", Seen: now},
		news.Article{ID: 3, Title: "Riven by doubt", Text: "Riven.", Seen: now},
	)
	tests := []struct{ query, want string }{
		{"rivver", "river"},
		{"elecion goverment", "election government"},
		{"lower rivver", "lower river"},
		{"(elecion OR zzzzzz) lang:fi", "(election OR zzzzzz) lang:fi"},
		{"title:elecion text:rivver", "title:election text:river"},
		{"é elecion", "é election"},
		{"lower lang:fi", ""},
		{"qqqqqqqq", ""},
		{`"elecion called"`, ""},
		{"river", ""},
	}
	for _, tt := range tests {
		if got := find1(t, x, Request{Query: tt.query}).Suggestion; got != tt.want {
			t.Errorf("%s: suggested %q, want %q", tt.query, got, tt.want)
		}
	}
}
