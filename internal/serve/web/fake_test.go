package web_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/access"
	"headwater/internal/serve/web"
)

// fake is a newsroom in memory. Searches match the text as it stands.
type fake struct {
	editionsRead int
	mu           sync.Mutex
	stories      []news.Story
	moved        map[int64]int64
	articles     map[int64]news.Article // whole, by id; those of stories need not be repeated
	topics       []news.Topic
	feeds        []news.Feed
	removed      []news.Feed // that can be restored
	folder       string      // likewise
	runs         []news.PollRun
	days         []news.DayCount
	imported     news.Imported
	list         string                  // that was imported
	found        map[string]news.Finding // by the address that is looked at
	status       news.Status
	compared     map[int64]news.Comparison
	sides        news.SideBySide
	corrections  []news.Correction
	refused      error                   // to every correction
	changed      map[int64]*news.Changes // by the version that changed it
	alerts       map[int64][]news.Alert  // by topic
	facets       []search.Facet          // of every search and topic
	offered      []news.Topic            // to the last Complete
	completions  map[string][]search.Completion
	folders      []string // on the front page
	picture      string   // of every card of the front page
	broken       error    // what every method answers when set
	outlets      []news.OutletDetails
	edits        []news.OutletEdit
	reading      reading
	settings     news.Settings // of the viewer
	targets      []news.SaveTarget
	savings      []news.Saving
	rules        ruleBook // fakes rules
}

// backend has the fake answer everything.
func (f *fake) backend() web.Backend {
	return web.Backend{
		AccountStore: noAccounts{},
		FrontReader:  f, StoryReader: f, Comparer: f, ArticleStore: f, EventStore: f, EventReader: f, Searcher: f, EditionReader: f,
		Corrector: f, CorrectionStore: f,
		TopicStore: f, TopicSearcher: f, TopicEditor: f, AlertStore: f, AlertEditor: f, RuleStore: &f.rules, RuleEditor: &f.rules,
		OutletReader: f, OutletEditor: f, FeedStore: f, FeedLister: f, FeedEditor: f, ListKeeper: f, StatusReader: f,
		SettingsStore: f, ItemStore: f, LeadReader: f, MarkStore: f, LabelStore: f, SavingStore: f, Saver: f,
	}
}

// everybody lets each request in as an admin.
var everybody = openTo(admin)

// openTo is a guard in open mode, which takes each request for one of a user.
func openTo(user func(context.Context) (news.User, error)) *access.Guard {
	return access.New(access.Options{Store: adminStore{user: user}, Open: true})
}

// adminStore knows the oldest admin and the settings that a new instance has.
type adminStore struct {
	access.Store
	user func(context.Context) (news.User, error)
}

func (s adminStore) FirstAdmin(ctx context.Context) (news.User, error) { return s.user(ctx) }

func (adminStore) AccessSettings(context.Context) (news.AccessSettings, error) {
	return news.AccessSettings{}, nil
}

func admin(context.Context) (news.User, error) {
	return news.User{ID: 1, Name: "admin", Role: news.AdminRole}, nil
}

func (f *fake) lock() func() {
	f.mu.Lock()
	return f.mu.Unlock
}

func (f *fake) UserSettings(context.Context, int64) (news.Settings, error) {
	defer f.lock()()
	return f.settings, f.broken
}

func (f *fake) SetUserSettings(_ context.Context, _ int64, set news.Settings) error {
	defer f.lock()()
	f.settings = set
	return f.broken
}

func (f *fake) Stories(_ context.Context, l news.StoryList) ([]news.Story, error) {
	defer f.lock()()
	var found []news.Story
	for _, st := range f.stories {
		if (l.Event == 0 || st.Event == l.Event) && (!l.IDs.Made() || slices.Contains(l.IDs.IDs(), st.ID)) {
			found = append(found, st)
		}
	}
	if l.Newest {
		slices.SortStableFunc(found, func(a, b news.Story) int { return b.Changed.Compare(a.Changed) })
	}
	return cut(found, l.Limit, l.Offset), f.broken
}

func (f *fake) Coverage(_ context.Context, events []int64, each int) (map[int64]news.Coverage, error) {
	defer f.lock()()
	of := map[int64]news.Coverage{}
	for _, st := range f.stories {
		if slices.Contains(events, st.Event) {
			c := of[st.Event]
			c.Stories, c.Total = append(c.Stories, st), c.Total+1
			of[st.Event] = c
		}
	}
	for event, c := range of {
		c.Stories = cut(c.Stories, each, 0)
		of[event] = c
	}
	return of, f.broken
}

// Front has a card for each event, in the order of its first stories, and one for each story without an event.
func (f *fake) Front(_ context.Context, q news.FrontQuery) (news.Front, error) {
	defer f.lock()()
	page := news.Front{At: cmp.Or(q.At, now), Langs: []news.LangCount{{Lang: "en", Stories: len(f.stories)}, {Lang: "ja", Stories: 1}}, Folders: f.folders}
	at := map[int64]int{}
	for _, st := range f.stories {
		if len(st.Members) == 0 || !q.At.IsZero() && st.First.After(q.At) {
			continue
		}
		i, known := at[st.Event]
		if !known || st.Event == 0 {
			i = len(page.Cards)
			at[st.Event] = i
			page.Cards = append(page.Cards, news.FrontCard{Event: st.Event, Story: st.ID, Origin: st.Origin.Outlet, First: st.First, Dek: st.Current().Article.Summary, Picture: f.picture})
		}
		c := &page.Cards[i]
		c.Stories, c.Latest = append(c.Stories, st.ID), st.First
		for _, m := range st.Members {
			c.Articles = append(c.Articles, m.Article)
		}
		reach := reachOf(append(f.of(c.Stories[:len(c.Stories)-1]), st))
		c.Outlets, c.Independent = reach.Outlets, reach.Independent
	}
	page.Total = len(page.Cards)
	page.Cards = cut(page.Cards, cmp.Or(q.Limit, 40), q.Offset)
	return page, f.broken
}

// of returns the stories of some ids.
func (f *fake) of(ids []int64) (all []news.Story) {
	for _, st := range f.stories {
		if slices.Contains(ids, st.ID) {
			all = append(all, st)
		}
	}
	return all
}

// Affair has the events of the next four numbers.
func (f *fake) Affair(_ context.Context, event int64, _ time.Time) (all []news.Event, err error) {
	defer f.lock()()
	for _, st := range f.stories {
		if st.Event > event && st.Event <= event+4 && !slices.ContainsFunc(all, func(e news.Event) bool { return e.ID == st.Event }) {
			all = append(all, news.Event{ID: st.Event, Title: st.Title, Latest: st.Latest, Reach: reachOf([]news.Story{st})})
		}
	}
	return all, f.broken
}

// FullCoverage takes the stories in their order. Ids of events that went into others are those of stories that did.
func (f *fake) FullCoverage(_ context.Context, event int64) (c news.FullCoverage, err error) {
	defer f.lock()()
	if f.broken != nil {
		return c, f.broken
	}
	if to, ok := f.moved[event]; ok {
		event = to
	}
	c.ID = event
	for _, st := range f.stories {
		if st.Event != event {
			continue
		}
		c.All = append(c.All, st)
		if st.Latest.After(c.Latest) {
			c.Latest = st.Latest
		}
	}
	if len(c.All) == 0 {
		return c, fmt.Errorf("event %d: %w", event, news.ErrNotFound)
	}
	c.Title, c.Stories, c.Reach = c.All[0].Title, len(c.All), reachOf(c.All)
	return c, nil
}

// reachOf counts the outlets that tell an event.
func reachOf(stories []news.Story) news.Reach {
	outlets, origins := map[string]bool{}, map[string]bool{}
	for _, st := range stories {
		origins[st.Origin.Key()] = true
		for _, m := range st.Members {
			outlets[m.Article.Outlet.Key()] = true
		}
	}
	return news.Reach{Outlets: len(outlets), Independent: len(origins)}
}

func cut[T any](all []T, limit, offset int) []T {
	all = all[min(offset, len(all)):]
	return all[:min(limit, len(all))]
}

func (f *fake) Story(_ context.Context, id int64) (news.Story, error) {
	defer f.lock()()
	if to, ok := f.moved[id]; ok {
		id = to
	}
	for _, st := range f.stories {
		if st.ID == id {
			return st, f.broken
		}
	}
	return news.Story{}, fmt.Errorf("story %d: %w", id, news.ErrNotFound)
}

func (f *fake) StoryOf(_ context.Context, article int64) (news.Story, error) {
	defer f.lock()()
	for _, st := range f.stories {
		for _, m := range st.Members {
			if m.Article.ID == article {
				return st, f.broken
			}
		}
	}
	return news.Story{}, news.ErrNotFound
}

func (f *fake) Comparisons(context.Context, news.Story) (map[int64]news.Comparison, error) {
	defer f.lock()()
	return f.compared, f.broken
}

func (f *fake) FurnitureBlocks(context.Context, int64) ([]uint64, error) { return nil, f.broken }

func (f *fake) Article(_ context.Context, id int64) (news.Article, error) {
	defer f.lock()()
	if a, ok := f.articles[id]; ok {
		return a, f.broken
	}
	for _, st := range f.stories {
		for _, m := range st.Members {
			if m.Article.ID == id {
				return m.Article, f.broken
			}
		}
	}
	return news.Article{}, news.ErrNotFound
}

func (f *fake) Search(_ context.Context, q search.Request) (search.Found, error) {
	defer f.lock()()
	var found search.Found
	for _, st := range f.stories {
		for _, m := range st.Members {
			a := m.Article
			if whole, ok := f.articles[a.ID]; ok {
				a = whole
			}
			title, body := spans(a.Title, q.Query), spans(a.Body(), q.Query)
			if len(title)+len(body) > 0 {
				found.Articles = append(found.Articles, search.FoundArticle{
					Hit: search.Hit{ID: a.ID, Title: title, Body: body}, Article: a, Story: st.ID,
				})
			}
		}
	}
	found.Total, found.Facets = len(found.Articles), f.facets
	found.Articles = cut(found.Articles, q.Limit, q.Offset)
	return found, f.broken
}

// spans finds a word; lower case that changes a text's length is beyond it.
func spans(text, word string) []news.Span {
	var all []news.Span
	lower, from := strings.ToLower(text), 0
	for len(lower) == len(text) && word != "" {
		i := strings.Index(lower[from:], strings.ToLower(word))
		if i < 0 {
			break
		}
		all = append(all, news.Span{Start: from + i, End: from + i + len(word)})
		from += i + len(word)
	}
	return all
}

// ListEdition goes on by the number of stories given.
func (f *fake) ListEdition(_ context.Context, q news.EditionQuery) (l news.EditionList, err error) {
	if f.broken != nil {
		return l, f.broken
	}
	found := f.matching(q.Topic.Query)
	slices.SortStableFunc(found, func(a, b news.Story) int { return b.Changed.Compare(a.Changed) })
	found = slices.DeleteFunc(found, func(s news.Story) bool { return s.Changed.Before(q.Since) })
	from := 0
	if q.Cursor != "" {
		if from, err = strconv.Atoi(q.Cursor); err != nil {
			return l, news.ErrCursor
		}
	}
	for _, st := range cut(found, q.Limit, from) {
		l.Stories = append(l.Stories, news.StoryVersion{ID: st.ID, Changed: st.Changed, Seq: st.Changed.UnixNano(), Aged: st.Aged})
	}
	if from+len(l.Stories) < len(found) {
		l.Next = strconv.Itoa(from + len(l.Stories))
	}
	return l, f.broken
}

func (f *fake) ReadEdition(_ context.Context, l news.EditionList) (e news.Edition, err error) {
	f.editionsRead++
	e.Next = l.Next
	for _, m := range l.Stories {
		for _, st := range f.stories {
			if st.ID == m.ID {
				e.Stories = append(e.Stories, st)
			}
		}
	}
	return e, f.broken
}

func (f *fake) TopicBySecret(_ context.Context, secret string) (news.Topic, error) {
	defer f.lock()()
	for _, t := range f.topics {
		if t.Secret == secret {
			return t, f.broken
		}
	}
	return news.Topic{}, news.ErrNotFound
}

// matching gives the stories with a member that holds the query, or all.
func (f *fake) matching(query string) []news.Story {
	defer f.lock()()
	var found []news.Story
	for _, st := range f.stories {
		if slices.ContainsFunc(st.Members, func(m news.Member) bool {
			return query == "" || len(spans(m.Article.Title, query))+len(spans(m.Article.Body(), query)) > 0
		}) {
			found = append(found, st)
		}
	}
	return found
}

func (f *fake) Topics(_ context.Context, user int64) ([]news.Topic, error) {
	defer f.lock()()
	return slices.DeleteFunc(slices.Clone(f.topics), func(t news.Topic) bool { return t.User != user }), f.broken
}

func (f *fake) Topic(_ context.Context, user int64, name string) (news.Topic, error) {
	defer f.lock()()
	for _, t := range f.topics {
		if t.Name == name && t.User == user {
			return t, f.broken
		}
	}
	return news.Topic{}, news.ErrNotFound
}

// TopicPage has the last of several stories mention the topic in passing.
func (f *fake) TopicPage(_ context.Context, t news.Topic, limit, offset int) (search.TopicPage, error) {
	found := f.matching(t.Query)
	page := search.TopicPage{Stories: cut(found, limit, offset), Total: len(found), Prominent: max(len(found)-1, min(len(found), 1))}
	if offset == 0 {
		page.New = cut(found, min(t.New, 8), 0)
	}
	page.Facets = f.facets
	return page, f.broken
}

func (f *fake) Complete(_ context.Context, query string, topics []news.Topic) ([]search.Completion, error) {
	defer f.lock()()
	f.offered = topics
	return f.completions[query], f.broken
}

func (f *fake) AddTopic(ctx context.Context, t news.Topic) (news.Topic, error) {
	if _, err := f.Topic(ctx, t.User, t.Name); err == nil {
		return t, fmt.Errorf("topic: %w", news.ErrExists)
	}
	defer f.lock()()
	f.topics = append(f.topics, t)
	return t, f.broken
}

func (f *fake) SharedTopics(ctx context.Context, _ int64) ([]news.Topic, error) {
	return f.Topics(ctx, 0)
}

func (f *fake) SharedTopic(ctx context.Context, _ int64, name string) (news.Topic, error) {
	return f.Topic(ctx, 0, name)
}

func (f *fake) Followed(_ context.Context, t news.Topic) (news.Topic, error) {
	defer f.lock()()
	for _, match := range []func(news.Topic) bool{t.FindsSame, func(h news.Topic) bool { return h.Name == t.Name }} {
		if i := slices.IndexFunc(f.topics, match); i >= 0 {
			return f.topics[i], f.broken
		}
	}
	return news.Topic{}, news.ErrNotFound
}

func (f *fake) ChangeTopic(_ context.Context, t news.Topic) error {
	defer f.lock()()
	for i, have := range f.topics {
		if have.Name == t.Name && have.ID != t.ID {
			return news.ErrNotFound
		}
		if have.ID == t.ID {
			f.topics[i].Name, f.topics[i].Query, f.topics[i].Options = t.Name, t.Query, t.Options
		}
	}
	return f.broken
}

func (f *fake) SeeTopic(_ context.Context, t news.Topic, _ int64) error {
	defer f.lock()()
	for i := range f.topics {
		if f.topics[i].ID == t.ID {
			f.topics[i].New = 0
		}
	}
	return f.broken
}

func (f *fake) SetTopicSecret(_ context.Context, id int64, secret string) error {
	defer f.lock()()
	for i := range f.topics {
		if f.topics[i].ID == id {
			f.topics[i].Secret = secret
		}
	}
	return f.broken
}

func (f *fake) RemoveTopic(ctx context.Context, user int64, name string) error {
	if _, err := f.Topic(ctx, user, name); err != nil {
		return err
	}
	defer f.lock()()
	f.topics = slices.DeleteFunc(f.topics, func(t news.Topic) bool { return t.Name == name && t.User == user })
	return f.broken
}

func (f *fake) Feeds(context.Context) ([]news.Feed, error) {
	defer f.lock()()
	return slices.Clone(f.feeds), f.broken
}

// FindFeeds takes every address for a feed's own but those that the fake has a finding for.
func (f *fake) FindFeeds(_ context.Context, address string) (news.Finding, error) {
	defer f.lock()()
	if found, ok := f.found[address]; ok {
		return found, f.broken
	}
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	return news.Finding{Address: address, Feeds: []news.FoundFeed{{URL: address}}}, f.broken
}

func (f *fake) Status(context.Context) (news.Status, error) {
	defer f.lock()()
	return f.status, f.broken
}

func (f *fake) Corrections(context.Context) ([]news.Correction, error) {
	defer f.lock()()
	return slices.Clone(f.corrections), f.broken
}

func (f *fake) StoriesOf(_ context.Context, articles []int64) (map[int64]int64, error) {
	defer f.lock()()
	of := map[int64]int64{}
	for _, st := range f.stories {
		for _, m := range st.Members {
			if slices.Contains(articles, m.Article.ID) {
				of[m.Article.ID] = st.ID
			}
		}
	}
	return of, f.broken
}

// corrected keeps a correction, as it was asked for.
func (f *fake) corrected(c news.Correction) (news.Corrected, error) {
	defer f.lock()()
	if f.refused != nil {
		return news.Corrected{}, f.refused
	}
	c.ID, c.Made = int64(len(f.corrections)+1), now
	f.corrections = append(f.corrections, c)
	return news.Corrected{Correction: c}, f.broken
}

func (f *fake) Split(_ context.Context, _ int64, articles []int64) (news.Corrected, error) {
	return f.corrected(news.Correction{Same: articles, Apart: []int64{1}})
}

func (f *fake) Merge(_ context.Context, stories []int64) (news.Corrected, error) {
	return f.corrected(news.Correction{Same: stories})
}

func (f *fake) SetOrigin(_ context.Context, _, article int64, outlet string) (news.Corrected, error) {
	if outlet != "" {
		return f.corrected(news.Correction{OriginOf: 1, Origin: news.Outlet{Name: outlet}})
	}
	return f.corrected(news.Correction{OriginOf: article})
}

func (f *fake) Forget(_ context.Context, id int64) (news.Corrected, error) {
	defer f.lock()()
	at := slices.IndexFunc(f.corrections, func(c news.Correction) bool { return c.ID == id })
	if at < 0 {
		return news.Corrected{}, &news.RefusedError{Text: fmt.Sprintf("there is no correction %d", id), Cause: news.ErrNotFound}
	}
	c := f.corrections[at]
	f.corrections = slices.Delete(f.corrections, at, at+1)
	return news.Corrected{Correction: c}, f.broken
}

func (f *fake) Sides(_ context.Context, a, b news.Member) (news.SideBySide, error) {
	if f.sides.A.Article.ID == 0 {
		f.sides.A.Article, f.sides.B.Article = a.Article, b.Article
	}
	return f.sides, f.broken
}

func (f *fake) Reports(_ context.Context, st news.Story) ([]news.Report, error) {
	defer f.lock()()
	reports := st.Reports()
	for _, r := range reports {
		for i := range len(r.Versions) - 1 {
			r.Versions[i].Changed = f.changed[r.Versions[i].Member.Article.ID]
		}
	}
	return reports, f.broken
}

func (f *fake) Dek(a news.Article) string { return a.Summary }
