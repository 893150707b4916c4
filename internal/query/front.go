package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/stories/front"
	"headwater/internal/weburl"
)

const (
	frontLength   = 40
	frontFewest   = 12     // a page with fewer events looks further back
	frontFurthest = 64     // windows that it looks back before it takes all there is, and what has no date
	frontMembers  = 60_000 // articles that a page is made from at most, the newest
	cardArticles  = 500    // articles of a card at most
	mainLang      = .25    // share of the stories that makes a language one of the page
)

// frontCache holds the front pages that were asked for last. Users from whom something is hidden have pages of their own. A page is
// made again when stories, or what is hidden, have changed, but not so often that it takes more than one part in frontEase of the
// time; meanwhile readers get the page before.
type frontCache struct {
	turn  *semaphore.Weighted // held by who makes a page, so that many pages at once take one processor
	lock  sync.Mutex          // guards pages
	pages map[string]*frontPage
}

const (
	frontKept  = 12          // pages
	frontCards = 200         // cards of a page that are kept
	frontEase  = 20          // a page that took a second to make is shown for 20
	frontFresh = time.Minute // after which a page of now is made again though nothing has changed
)

// frontPage is a page in the cache.
type frontPage struct {
	used   time.Time           // guarded by the cache's lock
	making *semaphore.Weighted // held by who makes the page
	made   atomic.Pointer[madeFront]
}

// madeFront is a page as it was made.
type madeFront struct {
	front  news.Front // with frontCards cards
	change int64      // of the story log
	hidden news.IDSet // that was left out
	at     time.Time
	took   time.Duration
}

// Front returns a front page.
func (r *Reader) Front(ctx context.Context, q news.FrontQuery) (news.Front, error) {
	end := q.Offset + cmp.Or(q.Limit, frontLength)
	hidden, err := r.store.Hidden(ctx, q.Viewer)
	if err != nil {
		return news.Front{}, err
	}
	if len(hidden) == 0 {
		q.Viewer = 0 // the page is that of everybody
	}
	if end > frontCards {
		return r.makeFront(ctx, q, hidden, q.Offset, end)
	}
	change, err := r.store.LastChange(ctx)
	if err != nil {
		return news.Front{}, err
	}
	front, err := r.keptFront(ctx, q, hidden, change)
	front.Cards = front.Cards[min(q.Offset, len(front.Cards)):min(end, len(front.Cards))]
	return front, err
}

// keptFront returns the first cards of a page, from the cache where it can.
func (r *Reader) keptFront(ctx context.Context, q news.FrontQuery, hidden news.IDSet, change int64) (news.Front, error) {
	p := r.fronts.page(q)
	holds := func(m *madeFront) bool {
		if q.At.IsZero() && r.now().Sub(m.front.At).Abs() > frontFresh {
			return false
		}
		return m.change == change && slices.Equal(m.hidden, hidden) || time.Since(m.at) < frontEase*m.took
	}
	if m := p.made.Load(); m == nil {
		if err := p.making.Acquire(ctx, 1); err != nil {
			return news.Front{}, err
		}
	} else if holds(m) || !p.making.TryAcquire(1) {
		return m.front, nil
	}
	defer p.making.Release(1)
	if m := p.made.Load(); m != nil && holds(m) { // somebody else made it meanwhile
		return m.front, nil
	}
	began := time.Now()
	front, err := r.makeFront(ctx, q, hidden, 0, frontCards)
	if err != nil {
		return front, err
	}
	p.made.Store(&madeFront{front, change, hidden, time.Now(), time.Since(began)})
	return front, nil
}

// page returns the place of a page in the cache.
func (c *frontCache) page(q news.FrontQuery) *frontPage {
	key := fmt.Sprintf("%d %q %q %d", q.At.UnixMilli(), q.Langs, q.Folder, q.Viewer)
	c.lock.Lock()
	defer c.lock.Unlock()
	p := c.pages[key]
	if p == nil {
		if len(c.pages) >= frontKept {
			oldest := ""
			for k, other := range c.pages {
				if oldest == "" || other.used.Before(c.pages[oldest].used) {
					oldest = k
				}
			}
			delete(c.pages, oldest)
		}
		p = &frontPage{making: semaphore.NewWeighted(1)}
		c.pages[key] = p
	}
	p.used = time.Now()
	return p
}

// makeFront makes the cards of a page from one number to before another, without what is hidden.
func (r *Reader) makeFront(ctx context.Context, q news.FrontQuery, hidden news.IDSet, from, to int) (news.Front, error) {
	if err := r.fronts.turn.Acquire(ctx, 1); err != nil {
		return news.Front{}, err
	}
	defer r.fronts.turn.Release(1)
	at := q.At
	if at.IsZero() {
		at = r.now()
	}
	feeds, err := r.store.Feeds(ctx)
	if err != nil {
		return news.Front{}, err
	}
	folderOf := make(map[int64]string, len(feeds))
	for _, f := range feeds {
		folderOf[f.ID] = f.Folder
	}
	for back := 1; ; back *= 2 {
		out := news.Front{At: at, Since: time.UnixMilli(0)}
		if back <= frontFurthest {
			out.Since = at.Add(-time.Duration(back) * front.Window)
		}
		members, err := r.store.FrontMembers(ctx, out.Since, at, back > frontFurthest, frontMembers)
		if err != nil {
			return out, err
		}
		members = slices.DeleteFunc(members, func(m news.FrontMember) bool { return hidden.Has(m.Article) })
		out.Folders = foldersOf(members, folderOf)
		if q.Folder != "" {
			members = slices.DeleteFunc(members, func(m news.FrontMember) bool { return folderOf[m.Feed] != q.Folder })
		}
		stories := frontStories(members)
		out.Langs = langsOf(stories)
		by := front.Reader{Langs: langSet(q.Langs, out.Langs, len(stories))}
		events := front.Events(stories, at, by)
		if len(events) < frontFewest && back <= frontFurthest {
			continue
		}
		wanted, err := r.store.Headers(ctx, front.Wanted(events))
		if err != nil {
			return out, err
		}
		page := front.Join(events, front.Texts(wanted), at, by)
		out.Total = len(page.Events)
		if err := r.addCards(ctx, &out, page, page.Events[min(from, out.Total):min(to, out.Total)]); err != nil {
			return out, err
		}
		setOrigins(out.Cards, members)
		return out, nil
	}
}

// addCards adds the cards of events.
func (r *Reader) addCards(ctx context.Context, out *news.Front, page front.Page, events []front.Event) error {
	var ids []int64
	for _, e := range events {
		ids = append(ids, e.Articles(cardArticles)...)
	}
	articles, err := r.store.Headers(ctx, ids)
	if err != nil {
		return err
	}
	byID, texts := make(map[int64]news.Article, len(articles)), front.Texts(articles)
	for _, a := range articles {
		byID[a.ID] = a
	}
	for _, e := range events {
		c := cardOf(e, ownItem(e, page.Headline(e, texts), byID), byID)
		r.illustrate(&c, e)
		for i := range c.Articles { // pages are kept
			a := &c.Articles[i]
			a.Enclosures, a.Categories, a.Authors = nil, nil, nil
			if a.Title != "" { // else its opening is the headline
				a.Summary = ""
			}
		}
		out.Cards = append(out.Cards, c)
	}
	return nil
}

// frontStories groups articles by story. Those of a story are in the order of their times.
func frontStories(members []news.FrontMember) []front.Story {
	at := map[int64]int{}
	var out []front.Story
	for _, m := range slices.Backward(members) {
		i, known := at[m.Story]
		if !known {
			i = len(out)
			at[m.Story] = i
			out = append(out, front.Story{ID: m.Story, Event: m.Event, Origin: m.Origin.Key(), First: m.First})
		}
		out[i].Members = append(out[i].Members, front.Member{Article: m.Article, Outlet: m.Outlet.Key(), Lang: m.Lang, Time: m.Time})
	}
	return out
}

func langsOf(stories []front.Story) []news.LangCount {
	counts := map[string]int{}
	for _, s := range stories {
		here := map[string]bool{}
		for _, m := range s.Members {
			here[m.Lang] = true
		}
		for lang := range here {
			counts[lang]++
		}
	}
	out := make([]news.LangCount, 0, len(counts))
	for _, lang := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, news.LangCount{Lang: lang, Stories: counts[lang]})
	}
	slices.SortStableFunc(out, func(a, b news.LangCount) int { return b.Stories - a.Stories })
	return out
}

// langSet returns the languages that count in full: those of the reader, or else those in which much is told.
func langSet(wanted []string, told []news.LangCount, stories int) map[string]bool {
	set := map[string]bool{}
	for _, lang := range wanted {
		set[lang] = true
	}
	if len(wanted) > 0 {
		return set
	}
	for _, l := range told {
		if float64(l.Stories) >= mainLang*float64(stories) {
			set[l.Lang] = true
		}
	}
	return set
}

// setOrigins sets the origins of cards.
func setOrigins(cards []news.FrontCard, members []news.FrontMember) {
	origin := make(map[int64]news.Outlet, len(cards))
	for _, c := range cards {
		origin[c.Story] = news.Outlet{}
	}
	for _, m := range members {
		if _, wanted := origin[m.Story]; wanted {
			origin[m.Story] = m.Origin
		}
	}
	for i := range cards {
		cards[i].Origin = origin[cards[i].Story]
	}
}

// foldersOf returns the folders of the feeds that brought articles, by name.
func foldersOf(members []news.FrontMember, folderOf map[int64]string) []string {
	folders := map[string]bool{}
	for _, m := range members {
		folders[folderOf[m.Feed]] = true
	}
	delete(folders, "")
	return slices.Sorted(maps.Keys(folders))
}

// Dek returns what an article's summary says besides its headline, in one line; "" where that is nothing.
func (r *Reader) Dek(a news.Article) string {
	if r.outlets == nil { // no dateline is known
		return a.Summary
	}
	return front.Dek(a, r.outlets)
}

// illustrate sets the dek and the picture of a card: of the headline's article, or else of another one. A dek is of the same
// story and language.
func (r *Reader) illustrate(c *news.FrontCard, e front.Event) {
	if len(c.Articles) == 0 {
		return
	}
	lead := c.Articles[0]
	at := storyWith(e, lead.ID)
	if at < 0 {
		return
	}
	c.Story = e.Stories[at].ID
	for _, a := range c.Articles {
		if c.Dek == "" && has(e.Stories[at], a.ID) && a.Lang == lead.Lang {
			c.Dek = r.Dek(a)
		}
		if i := slices.IndexFunc(a.Enclosures, news.Enclosure.IsPicture); c.Picture == "" && i >= 0 {
			c.Picture = a.Enclosures[i].URL
		}
	}
}

// ownItem returns the item of the outlet's own site for an article that another site lists, where its story has one in the same
// language: the one with the same headline, or else the newest. It returns the article itself where it is on its outlet's site, or
// where there is none.
func ownItem(e front.Event, article int64, articles map[int64]news.Article) int64 {
	a := articles[article]
	if a.Outlet.Domain == "" || onOwnSite(a) {
		return article
	}
	at := storyWith(e, article)
	if at < 0 {
		return article
	}
	own := article
	for _, m := range e.Stories[at].Members { // by time
		b := articles[m.Article]
		if b.Outlet.Key() != a.Outlet.Key() || b.Lang != a.Lang || !onOwnSite(b) {
			continue
		}
		own = b.ID
		if b.Headline() == a.Headline() {
			break
		}
	}
	return own
}

// onOwnSite reports whether an article's address is one of its outlet.
func onOwnSite(a news.Article) bool { return weburl.IsOn(a.URL, a.Outlet.Domain) }

// storyWith returns the index of the story of an event that has an article, -1 where none has it.
func storyWith(e front.Event, article int64) int {
	return slices.IndexFunc(e.Stories, func(s front.Story) bool { return has(s, article) })
}

func has(s front.Story, article int64) bool {
	return slices.ContainsFunc(s.Members, func(m front.Member) bool { return m.Article == article })
}

// cardOf makes the card of an event. An article that was aged out meanwhile is not in it.
func cardOf(e front.Event, headline int64, articles map[int64]news.Article) news.FrontCard {
	c := news.FrontCard{Event: e.IDs[0], Outlets: e.Outlets, Independent: e.Independent, Score: e.Score}
	for _, id := range e.IDs {
		if id != 0 {
			c.Events = append(c.Events, id)
		}
	}
	for _, s := range e.Stories {
		c.Stories = append(c.Stories, s.ID)
		if c.First.IsZero() || s.First.Before(c.First) {
			c.First = s.First
		}
		if s.First.After(c.Latest) {
			c.Latest = s.First
		}
	}
	for _, id := range append([]int64{headline}, slices.DeleteFunc(e.Articles(cardArticles), func(id int64) bool { return id == headline })...) {
		if a, ok := articles[id]; ok {
			c.Articles = append(c.Articles, a)
		}
	}
	return c
}

const affairEvents = 12 // other events of an affair that are listed, those with most weight

// Affair returns the other events of the affair that an event belongs to: those that a front page of the time shows in one
// place with it. Latest is the time of the event's newest article.
func (r *Reader) Affair(ctx context.Context, event int64, latest time.Time) ([]news.Event, error) {
	q := news.FrontQuery{Limit: frontCards}
	if r.now().Sub(latest) > front.Window/2 { // it may have left the page of now
		q.At = latest.Truncate(time.Hour).Add(time.Hour) // one page for the events of an hour
	}
	page, err := r.Front(ctx, q)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(page.Cards, func(c news.FrontCard) bool { return slices.Contains(c.Events, event) })
	if at < 0 {
		return nil, nil
	}
	var others []news.Event
	for _, id := range page.Cards[at].Events {
		if id == event || len(others) == affairEvents {
			continue
		}
		e, err := r.store.Event(ctx, id)
		switch {
		case errors.Is(err, news.ErrNotFound): // it has merged into another since the page was made
			continue
		case err != nil:
			return nil, err
		}
		others = append(others, e)
	}
	return others, nil
}
