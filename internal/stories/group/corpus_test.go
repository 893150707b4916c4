package group

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"headwater/internal/news"
	"headwater/internal/stories/prints"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// itemOf makes the Item of an article. Quotations are what is in curly quotes.
func itemOf(a news.Article) Item {
	if a.Seen.IsZero() {
		a.Seen = a.Published
	}
	for at := 0; ; {
		start := strings.Index(a.Text[at:], "“")
		if start < 0 {
			break
		}
		end := strings.Index(a.Text[at+start:], "”")
		if end < 0 {
			break
		}
		a.Marks = append(a.Marks, news.Mark{Kind: news.MarkQuote, Start: at + start, End: at + start + end + len("”")})
		at += start + end
	}
	a.Hash = a.Title + "/" + strconv.Itoa(len(a.Text))
	p := prints.Make(a, a.Title)
	a.Text, a.Summary, a.Marks = "", "", nil
	return Item{Article: a, Print: p}
}

func outletOf(domain string) news.Outlet { return news.Outlet{Name: domain, Domain: domain} }

// articleAt is an English article of an outlet.
func articleAt(id int64, domain, title, text string) Item {
	return itemOf(news.Article{
		ID: id, GUID: fmt.Sprint("item-", id), Outlet: outletOf(domain), Title: title, Text: text, Lang: "en",
		Published: noon.Add(time.Duration(id) * time.Minute),
	})
}

// storeState holds stories as the store does: the members of a changed story are replaced, an article leaves the story it was
// in, a moved story is gone.
type storeState struct {
	stories map[int64][]int64
	events  map[int64]int64 // by story
	of      map[int64]int64 // story by article
	used    map[int64]bool  // ids of stories that are no more
	edges   map[[2]int64]news.Edge
	moved   map[int64]int64
}

func newStoreState() *storeState {
	return &storeState{
		stories: map[int64][]int64{}, events: map[int64]int64{}, of: map[int64]int64{}, used: map[int64]bool{},
		edges: map[[2]int64]news.Edge{}, moved: map[int64]int64{},
	}
}

// put stores what a Settle changed; added are the articles given to Add before it.
func (s *storeState) put(t testing.TB, added []int64, r Result) {
	t.Helper()
	maps.DeleteFunc(s.edges, func(k [2]int64, _ news.Edge) bool {
		return slices.Contains(added, k[0]) || slices.Contains(added, k[1])
	})
	for _, e := range r.Edges {
		if e.A >= e.B {
			t.Errorf("edge from %d to %d: the lower end goes first", e.A, e.B)
		}
		s.edges[[2]int64{e.A, e.B}] = e
	}
	for _, c := range r.Changed {
		for _, id := range c.Members {
			s.leave(id)
		}
	}
	given := map[int64]bool{}
	for _, c := range r.Changed {
		if given[c.Story] || s.used[c.Story] {
			t.Errorf("story %d is given twice or was no more", c.Story)
		}
		given[c.Story] = true
		for _, left := range s.stories[c.Story] {
			delete(s.of, left)
		}
		s.stories[c.Story], s.events[c.Story] = c.Members, c.Event
		for _, id := range c.Members {
			s.of[id] = c.Story
		}
	}
	for old, now := range r.Moved {
		if given[old] || s.stories[now] == nil {
			t.Errorf("story %d has moved to %d, but one lives or the other does not", old, now)
		}
		s.moved[old] = now
		s.end(old)
	}
	for id, members := range s.stories {
		if len(members) == 0 {
			s.end(id)
		}
	}
}

func (s *storeState) leave(id int64) {
	if was, ok := s.of[id]; ok {
		s.stories[was] = slices.DeleteFunc(slices.Clone(s.stories[was]), func(m int64) bool { return m == id })
		delete(s.of, id)
	}
}

func (s *storeState) end(story int64) {
	for _, id := range s.stories[story] {
		delete(s.of, id)
	}
	delete(s.stories, story)
	delete(s.events, story)
	s.used[story] = true
}

// parts gives the sets of articles by a number each belongs under, each set and the sets in order.
func parts(of map[int64]int64, name func(int64) string) []string {
	sets := map[int64][]string{}
	for id, n := range of {
		sets[n] = append(sets[n], name(id))
	}
	var out []string
	for _, set := range sets {
		slices.Sort(set)
		out = append(out, strings.Join(set, " "))
	}
	slices.Sort(out)
	return out
}

func (s *storeState) eventOf() map[int64]int64 {
	of := map[int64]int64{}
	for id, story := range s.of {
		of[id] = s.events[story]
	}
	return of
}

// settleAll adds the items to an empty window and settles once.
func settleAll(t testing.TB, items []Item) *storeState {
	t.Helper()
	g, s := New(Options{}), newStoreState()
	s.settle(t, g, items)
	return s
}

func (s *storeState) settle(t testing.TB, g *Grouper, items []Item) Result {
	t.Helper()
	var added []int64
	for _, it := range items {
		g.Add(it)
		added = append(added, it.Article.ID)
	}
	r := g.Settle()
	s.put(t, added, r)
	return r
}

// A caseFile is a set of articles and the stories and events that they should make.
type caseFile struct {
	items          []Item
	names          map[int64]string
	stories, event []string
	templates      []string // articles that a template made; nil where the file does not say
}

// readCase reads a txtar file. Its comment has lines "story: a b | c" and, optionally, "event: a b c" and "templates: a b"; each file is an
// article: lines "key: value", an empty line, the text.
func readCase(t *testing.T, file string) caseFile {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := caseFile{names: map[int64]string{}}
	for line := range strings.Lines(string(ar.Comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "story":
			c.stories = sets(value)
		case "event":
			c.event = sets(value)
		case "templates", "templates:":
			c.templates = append([]string{}, strings.Fields(value)...)
			slices.Sort(c.templates)
		}
	}
	for i, f := range ar.Files {
		it := caseItem(t, int64(i+1), string(f.Data))
		c.items, c.names[int64(i+1)] = append(c.items, it), f.Name
	}
	if len(c.stories) == 0 {
		t.Fatalf("%s says no stories", file)
	}
	return c
}

func sets(line string) []string {
	var out []string
	for part := range strings.SplitSeq(line, "|") {
		out = append(out, strings.Join(slices.Sorted(slices.Values(strings.Fields(part))), " "))
	}
	slices.Sort(out)
	return out
}

func caseItem(t *testing.T, id int64, data string) Item {
	t.Helper()
	head, text, _ := strings.Cut(data, "\n\n")
	a := news.Article{ID: id, GUID: fmt.Sprint("item-", id), Lang: "en", Text: paragraphs(text), Published: noon}
	var claims []news.Claim
	var cited []string
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "outlet":
			a.Outlet = outletOf(value)
		case "agency":
			a.Outlet = outletOf(value)
			a.Outlet.Agency = true
		case "title":
			a.Title = value
		case "lang":
			a.Lang = value
		case "url":
			a.URL, a.Canonical = value, value
		case "cites":
			cited = append(cited, value)
		case "picture":
			a.Enclosures = append(a.Enclosures, news.Enclosure{URL: value, Type: "image/jpeg"})
		case "hub":
			a.Roundup = value == "true"
		case "hours":
			n, err := strconv.Atoi(value)
			if err != nil {
				t.Fatal(err)
			}
			a.Published = noon.Add(time.Duration(n) * time.Hour)
		case "dateline", "report", "scoop", "source":
			claims = append(claims, news.Claim{Kind: news.ClaimKind(key), Outlet: value, Domain: value, Strength: 1})
		default:
			t.Fatalf("article %d: %q is no key", id, key)
		}
	}
	it := itemOf(a)
	it.Claims, it.Cites = claims, cited
	return it
}

// paragraphs joins the lines of each paragraph.
func paragraphs(text string) string {
	ps := strings.Split(strings.TrimSpace(text), "\n\n")
	for i, p := range ps {
		ps[i] = strings.Join(strings.Fields(p), " ")
	}
	return strings.Join(ps, "\n\n")
}

// prose writes texts of made-up words, a few of which are common.
type prose struct{ rng *rand.Rand }

func newProse(seed uint64) prose { return prose{rand.New(rand.NewPCG(seed, 7))} }

func (p prose) word() string {
	if p.rng.IntN(3) == 0 {
		return [...]string{"council", "minister", "company", "week", "report", "plan", "city", "court"}[p.rng.IntN(8)]
	}
	syllables := [...]string{"ka", "lo", "mi", "ter", "van", "su", "bre", "dol", "fen", "gar", "hu", "jor", "pel", "rin", "tas", "wex"}
	n, w := 2+p.rng.IntN(2), ""
	for range n {
		w += syllables[p.rng.IntN(len(syllables))]
	}
	return w
}

func (p prose) words(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = p.word()
	}
	return out
}

// relation is how an article of a drawn corpus derives from its story's first one.
type relation string

var relations = []relation{"copy", "headline", "excerpt", "edit", "half", "listing", "twin elsewhere", "credit"}

// corpus draws articles of several stories, by outlets that are numbered up to outlets.
func corpus(t *rapid.T, kinds []relation, outlets int) []Item {
	var items []Item
	for s := range rapid.IntRange(1, 5).Draw(t, "stories") {
		p := newProse(rapid.Uint64Range(0, 99).Draw(t, "seed")*100 + uint64(s))
		text, title := p.words(60+p.rng.IntN(120)), p.words(6)
		add := func(domain string, title, text []string, claims ...news.Claim) {
			it := itemOf(news.Article{
				ID: int64(len(items) + 1), GUID: fmt.Sprint("g", len(items)), Outlet: news.Outlet{Name: domain, Domain: domain, Agency: s%2 == 0 && domain == "first.example"},
				Title: strings.Join(title, " "), Text: strings.Join(text, " "), Lang: "en",
				Published: noon.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "hours")) * time.Hour),
			})
			it.Claims = claims
			items = append(items, it)
		}
		add("first.example", title, text)
		for _, r := range rapid.SliceOfN(rapid.SampledFrom(kinds), 0, 6).Draw(t, "relations") {
			outlet := fmt.Sprintf("outlet%d.example", len(items)%outlets)
			derive(p, r, outlet, title, text, add)
		}
	}
	return items
}

func derive(p prose, r relation, outlet string, title, text []string, add func(string, []string, []string, ...news.Claim)) {
	switch r {
	case "copy":
		add("first.example", title, text)
	case "headline":
		add(outlet, p.words(6), text)
	case "excerpt":
		add(outlet, p.words(5), text[:len(text)/2])
	case "edit":
		edited := slices.Clone(text)
		for i := 4; i < len(edited); i += 9 {
			edited[i] = p.word()
		}
		add(outlet, title, edited)
	case "half":
		add(outlet, p.words(5), slices.Concat(text[len(text)/2:], p.words(40)))
	case "listing":
		add(outlet, title, nil)
	case "twin elsewhere":
		add(outlet, title, text)
	case "credit":
		add(outlet, p.words(6), slices.Concat(p.words(30), text[:20]),
			news.Claim{Kind: news.ClaimReport, Outlet: "first.example", Domain: "first.example", Strength: 1})
	}
}

// arrive numbers the items by the order in which they come.
func arrive(items []Item, order []int) (arrived []Item, names map[int64]string) {
	names = map[int64]string{}
	for i, k := range order {
		it := items[k]
		it.Article.ID = int64(i + 1)
		names[it.Article.ID] = it.Article.GUID
		arrived = append(arrived, it)
	}
	return arrived, names
}

func lookup(names map[int64]string) func(int64) string {
	return func(id int64) string { return cmp.Or(names[id], "?") }
}
