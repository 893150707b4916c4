package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"headwater/internal/news"
	"headwater/internal/observe"
	"headwater/internal/query"
	"headwater/internal/store"
	"headwater/internal/stories"
	"headwater/internal/stories/group"
	"headwater/internal/stories/origin"
	"headwater/internal/stories/outlets"
	"headwater/internal/stories/prints"
)

const (
	settleMark = "settle"
	readChunk  = 1000 // articles read from the log at once
)

// Settler is the stage that makes stories. It groups the articles in the log beyond its watermark, weighs origins, and
// stores the results and the watermark in one transaction. Corrections, pages that articles credit and the closing of
// stories go through it too, since they change the same window. It is serial on purpose: two rewrites that arrive
// together must not start two stories.
//
// The world's news is about a dozen articles a second. Settling is a hundred times faster, so it never needs to be split.
// The origin is weighed again whenever a story gains an article, since the original often arrives after its rewrites.
type Settler struct {
	lead               *lead
	shared             *store.DB     // for what needs no lead
	index              *query.Index  // follows the stored stories
	reader             *query.Reader // reads the stories after a correction
	prepare            stories.Preparer
	outlets            *outlets.Registry
	windowLength       time.Duration
	eventCosine        float64 // least cosine of embeddings that brings two articles into one event; 0 means .8
	readsCreditedPages bool    // pages that articles credit are fetched
	now                func() time.Time
	metrics            *observe.Metrics
	traces             *observe.Traces
	size               atomic.Int64 // see windowSize

	lock    *semaphore.Weighted // one settlement, correction or closing at a time; guards what follows
	store   *store.DB           // writes as long as this process leads; see begin
	window  *group.Grouper      // nil until loaded
	follows follows             // how far the window is that of the store
	retry   time.Time           // nothing is loaded to stand by before
	opinion *embedOpinion       // nil without embeddings
	weigher origin.Weigher
	learnt  time.Time           // the day for which the weigher's habits were computed
	shown   bool                // readers are shown these habits
	feeds   map[int64]time.Time // when each feed was added, by id
	version int                 // of the registry of outlets (Reader.RefreshOutlets) that the window was loaded with
}

func newSettler(o Options, lead *lead, prepare stories.Preparer) *Settler {
	s := &Settler{
		lead: lead, shared: o.Store, index: o.Index, reader: o.Reader, prepare: prepare, outlets: o.Outlets, now: o.Now, metrics: o.Metrics, traces: o.Traces,
		windowLength: o.windowLength(), eventCosine: o.EventCosine, readsCreditedPages: o.ReadCreditedPages,
		lock: semaphore.NewWeighted(1), weigher: origin.Weigher{Tie: 2 * o.Pace.Min},
	}
	if o.Embed != nil {
		s.opinion = &embedOpinion{client: o.Embed, wait: cmp.Or(o.EmbedWait, 30*time.Second), log: o.Logger, now: o.Now}
	}
	return s
}

// begin waits until no other method works on the window. It returns ErrElsewhere if another process leads. The caller
// releases s.lock.
func (s *Settler) begin(ctx context.Context) error {
	if _, err := s.lead.hold(ctx); err != nil { // who stands by may hold s.lock for as long as loading a window takes
		return err
	}
	if err := s.lock.Acquire(ctx, 1); err != nil {
		return err
	}
	db, err := s.lead.hold(ctx)
	if err == nil {
		err = s.refreshOutlets(ctx)
	}
	if err == nil && db != s.store { // another process may have settled since
		err = s.takeOver(ctx, db)
	}
	if err != nil {
		s.lock.Release(1)
	}
	return err
}

// Settle groups every article in the log beyond the settler's watermark, and weighs the origins of the affected stories.
// It returns the number of articles settled, and ErrElsewhere if another process leads. Progress may be nil.
func (s *Settler) Settle(ctx context.Context, progress func(done, total int)) (int, error) {
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	defer s.lock.Release(1)
	s.opinion.begin(ctx, s.store)
	defer s.opinion.end()
	total := 0
	for {
		done, err := s.settleRound(ctx, progress)
		observe.Progress(ctx)
		total += done
		if err != nil {
			s.window = nil // it may hold changes that were not stored
			return total, err
		}
		s.metrics.Settled.Add(float64(done))
		if done < stories.Round {
			return total, s.passOwnChanges(ctx)
		}
	}
}

func (s *Settler) settleRound(ctx context.Context, progress func(done, total int)) (done int, err error) {
	mark, err := s.store.Watermark(ctx, settleMark)
	if err != nil {
		return 0, err
	}
	waiting, err := s.store.CountAfter(ctx, mark)
	if err != nil || waiting == 0 {
		return 0, err
	}
	var settled []int64
	ctx, span := s.traces.Begin(ctx, "settle articles")
	defer func() {
		if err == nil {
			span.Did(ctx, "settle", settled)
		}
		span.Set("headwater.articles", done)
		span.End(err)
	}()
	out := newSettlement()
	out.Through = mark
	if err := s.openWindow(ctx, &out); err != nil {
		return 0, err
	}
	for done < stories.Round {
		articles, err := s.store.Log(ctx, out.Through, readChunk)
		if err != nil {
			return done, err
		}
		if len(articles) == 0 {
			break
		}
		ids := make([]int64, len(articles))
		for i, a := range articles {
			ids[i] = a.ID
		}
		if err := s.reload(ctx, slices.Concat(ids, s.window.MustLinked(ids)), &out); err != nil { // a revised article stays with its story and with the articles that corrections link to it
			return done, err
		}
		items, err := s.items(ctx, articles)
		if err != nil {
			return done, err
		}
		for _, it := range items {
			s.add(it, &out)
		}
		out.Through = articles[len(articles)-1].Seq
		done += len(articles)
		if span != nil {
			settled = append(settled, ids...)
		}
		observe.Progress(ctx)
		if progress != nil {
			progress(done, max(waiting, done))
		}
	}
	if err := s.decide(ctx, &out); err != nil {
		return done, err
	}
	return done, s.store.Settle(ctx, out)
}

// decide groups the articles that were added to the window, and puts the changes into the settlement.
func (s *Settler) decide(ctx context.Context, out *store.Settlement) error {
	result := s.window.Settle()
	if err := s.opinion.fault(); err != nil {
		return err
	}
	out.Edges, out.Moved = result.Edges, result.Moved
	if err := s.weigh(ctx, result.Changed, out); err != nil {
		return err
	}
	for _, c := range s.otherStories(result.Templated, out.Stories) {
		if stories.Templated(s.window, stories.Candidates(s.window, c, s.feeds)) {
			out.Templates = append(out.Templates, c.Story)
		}
	}
	return nil
}

// weigh weighs changed stories with the pages that their members credit, and adds the pages to fetch to the settlement.
func (s *Settler) weigh(ctx context.Context, changed []group.Change, out *store.Settlement) error {
	var pages map[string]store.CreditedPage
	if s.readsCreditedPages {
		var ids []int64
		for _, c := range changed {
			ids = append(ids, c.Members...)
		}
		var err error
		if pages, err = s.store.CreditedPages(ctx, ids); err != nil {
			return err
		}
	}
	now := s.now() // one time for all, so that stories that change together keep their order in the combined feed
	for _, c := range changed {
		members := stories.Candidates(s.window, c, s.feeds)
		st := stories.Weigh(s.window, s.weigher, c, members, creditedPages(members, pages), now)
		out.Stories = append(out.Stories, st)
		if s.readsCreditedPages && st.Latest.After(now.Add(-s.windowLength)) {
			out.Cited = append(out.Cited, wantedPages(members)...)
		}
	}
	return nil
}

// otherStories returns the stories of articles that are not among the changed stories.
func (s *Settler) otherStories(articles []int64, changed []news.Story) []group.Change {
	done := map[int64]bool{0: true}
	for _, st := range changed {
		done[st.ID] = true
	}
	var out []group.Change
	for _, id := range articles {
		it, _ := s.window.Item(id)
		if done[it.Story] {
			continue
		}
		done[it.Story] = true
		st := s.window.Story(it.Story)
		members := slices.Sorted(slices.Values(st.Members))
		out = append(out, group.Change{Story: st.Story, Event: st.Event, Members: members})
	}
	return out
}

func newSettlement() store.Settlement {
	return store.Settlement{Prints: map[int64]prints.Print{}, Claims: map[int64][]news.Claim{}}
}

// add puts an article with a new print into the window and into the settlement.
func (s *Settler) add(it group.Item, out *store.Settlement) {
	s.window.Add(it)
	out.Prints[it.Article.ID], out.Claims[it.Article.ID] = it.Print, it.Claims
}

// items prepares articles for grouping.
func (s *Settler) items(ctx context.Context, articles []news.Article) ([]group.Item, error) {
	const chunk = 50
	items := make([]group.Item, len(articles))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(stories.Workers)
	for from := 0; from < len(articles); from += chunk {
		g.Go(func() error {
			for i := from; i < min(from+chunk, len(articles)); i++ {
				items[i] = s.prepare.Item(articles[i])
			}
			return ctx.Err()
		})
	}
	return items, g.Wait()
}

// holds reports whether the window has an article.
func (s *Settler) holds(article int64) bool {
	_, ok := s.window.Item(article)
	return ok
}

// openWindow loads the stories that are still open, once. From time to time it drops closed ones. Prints that it has to
// make again are added to the current settlement.
func (s *Settler) openWindow(ctx context.Context, out *store.Settlement) error {
	var err error
	if s.feeds, err = s.store.FeedsAdded(ctx); err != nil {
		return err
	}
	if err := s.learn(ctx, s.store); err != nil {
		return err
	}
	if !s.shown {
		if err := s.store.SaveOutletHabits(ctx, learntHabits(s.weigher.Habits, s.weigher.Clocks, s.learnt)); err != nil {
			return err
		}
		s.shown = true
	}
	now := s.now()
	if s.window != nil {
		if s.window.Stale(now) {
			s.window = s.window.Reopen(now)
		}
		return nil
	}
	mark, err := s.store.WindowMark(ctx)
	if err != nil {
		return err
	}
	w, outdated, err := s.loadArticles(ctx, s.store, now, true)
	if err != nil {
		return err
	}
	if err := s.reprint(ctx, w, outdated, out); err != nil {
		return err
	}
	if err := s.loadEdges(ctx, s.store, now, w, func(e news.Edge) bool { return !hasNewPrint(out, e) }); err != nil {
		return err
	}
	s.window, s.follows = w, follows{mark: mark}
	return nil
}

// loadArticles returns a window with the articles of open stories, without edges, and the rows of those that need a new print.
// Unless the caller reprints these, it returns errOtherPrints at the first of them.
func (s *Settler) loadArticles(ctx context.Context, db *store.DB, now time.Time, reprints bool) (w *group.Grouper, outdated []store.WindowRow, err error) {
	story, errStory := db.NextStoryID(ctx)
	event, errEvent := db.NextEventID(ctx)
	corrections, err := db.Corrections(ctx)
	if err := errors.Join(errStory, errEvent, err); err != nil {
		return nil, nil, err
	}
	o := group.Options{Window: s.windowLength, NextStory: story, NextEvent: event, Corrections: corrections, Threshold: s.eventCosine, Templates: true}
	if s.opinion != nil {
		o.Second = s.opinion
	}
	w = group.New(o)
	err = db.Window(ctx, now.Add(-s.windowLength), func(r store.WindowRow) error {
		err := restore(w, r, &outdated)
		if err == nil && len(outdated) > 0 && !reprints {
			err = errOtherPrints
		}
		return err
	})
	return w, outdated, err
}

// loadEdges puts the wanted edges of a window's articles into it.
func (s *Settler) loadEdges(ctx context.Context, db *store.DB, now time.Time, w *group.Grouper, wanted func(news.Edge) bool) error {
	edges, err := db.Edges(ctx, now.Add(-s.windowLength))
	if err != nil {
		return err
	}
	for _, e := range edges {
		if wanted(e) {
			w.RestoreEdge(e)
		}
	}
	return nil
}

// restore puts a settled article back into a window. An article whose print is missing or of another version is added to
// outdated instead.
func restore(w *group.Grouper, r store.WindowRow, outdated *[]store.WindowRow) error {
	if errors.Is(r.PrintErr, prints.ErrVersion) || errors.Is(r.PrintErr, store.ErrNoPrint) {
		*outdated = append(*outdated, r)
		return nil
	}
	if r.PrintErr != nil {
		return r.PrintErr
	}
	w.Restore(windowItem(r))
	return nil
}

func windowItem(r store.WindowRow) group.Item {
	return group.Item{
		Article: r.Article, Print: r.Print, Claims: r.Claims, Cites: stories.Cites(r.Article, r.Claims), Story: r.Story, Event: r.Event,
	}
}

// reprint makes prints again from the stored texts, where they are missing or another version of this program made them.
// The articles keep their stories until the current settlement compares them again and stores the new prints.
func (s *Settler) reprint(ctx context.Context, w *group.Grouper, rows []store.WindowRow, out *store.Settlement) error {
	for part := range slices.Chunk(rows, readChunk) {
		ids := make([]int64, len(part))
		for i, r := range part {
			ids[i] = r.Article.ID
		}
		articles, err := s.store.ArticlesByID(ctx, ids)
		if err != nil {
			return err
		}
		if len(articles) < len(part) {
			return fmt.Errorf("prints of another version: %d of %d articles have no stored text; restore a backup or run doctor",
				len(part)-len(articles), len(part))
		}
		items, err := s.items(ctx, articles)
		if err != nil {
			return err
		}
		for i, it := range items {
			it.Story, it.Event = part[i].Story, part[i].Event
			w.Add(it)
			out.Prints[it.Article.ID], out.Claims[it.Article.ID] = it.Print, it.Claims
		}
	}
	return nil
}

// hasNewPrint reports whether the current settlement has a new print for either article of an edge. Such a pair is
// compared again.
func hasNewPrint(out *store.Settlement, e news.Edge) bool {
	_, a := out.Prints[e.A]
	_, b := out.Prints[e.B]
	return a || b
}

// reload brings articles of closed stories back into the window, each with its whole story.
func (s *Settler) reload(ctx context.Context, articles []int64, out *store.Settlement) error {
	closed := slices.DeleteFunc(slices.Clone(articles), s.holds)
	if len(closed) == 0 {
		return nil
	}
	back := map[int64]bool{}
	var outdated []store.WindowRow
	err := s.store.WindowOf(ctx, closed, func(r store.WindowRow) error {
		if s.holds(r.Article.ID) {
			return nil
		}
		back[r.Article.ID] = r.PrintErr == nil
		return restore(s.window, r, &outdated)
	})
	if err != nil {
		return err
	}
	if err := s.reprint(ctx, s.window, outdated, out); err != nil {
		return err
	}
	edges, err := s.store.EdgesOf(ctx, closed)
	if err != nil {
		return err
	}
	for _, e := range edges {
		if !hasNewPrint(out, e) && (back[e.A] || back[e.B]) { // the window has the other edges
			s.window.RestoreEdge(e)
		}
	}
	return nil
}

const (
	habitsOver  = 90 * 24 * time.Hour // the period over which outlets' habits are counted
	habitsEvery = 24 * time.Hour      // how often they are computed again
	habitItems  = 50_000              // the newest items, from which the kind of items of each outlet is counted
)

// learn computes once a day what outlets are like. From closed stories whose origin is certain it counts who carries
// whom. From articles of the days before it finds outlets that list others' texts and outlets whose clock is wrong. The
// results are as of the last midnight (UTC). So they depend neither on the order in which open stories are settled nor on
// when the program started.
func (s *Settler) learn(ctx context.Context, db *store.DB) error {
	day := s.now().Truncate(habitsEvery)
	if s.weigher.Habits != nil && s.learnt.Equal(day) {
		return nil
	}
	var log origin.Log
	err := db.ItemsSeen(ctx, day.Add(-habitsOver), day, habitItems, func(r store.ItemRow) error {
		log.Add(r.Article, r.Claims)
		return nil
	})
	if err != nil {
		return err
	}
	all, err := db.Habits(ctx, day.Add(-habitsOver), day.Add(-s.windowLength))
	if err != nil {
		return err
	}
	habits := stories.Habits(&log, s.outlets)
	for _, h := range all {
		sum := habits[h.Outlet.Key()]
		sum.Carried, sum.Carries = sum.Carried+h.Carried, sum.Carries+h.Carries
		sum.Passed = min(max(sum.Passed, sum.Carries), sum.Items) // a site that reruns others' texts may never credit them
		habits[h.Outlet.Key()] = sum
	}
	s.weigher.Habits, s.weigher.Clocks, s.learnt = habits, log.Clocks(), day
	s.shown = false
	return nil
}

// learntHabits returns what readers are shown of outlets' habits, in the order of outlets.
func learntHabits(habits map[string]origin.Habit, clocks map[origin.Clock]time.Duration, day time.Time) news.OutletHabits {
	out := news.OutletHabits{Learnt: day}
	for _, outlet := range slices.Sorted(maps.Keys(habits)) {
		if habits[outlet].Lists() {
			out.Lists = append(out.Lists, outlet)
		}
	}
	for clock, ahead := range clocks {
		out.Clocks = append(out.Clocks, news.OutletClock{Feed: clock.Feed, Outlet: clock.Outlet, Ahead: ahead})
	}
	slices.SortFunc(out.Clocks, func(a, b news.OutletClock) int {
		return cmp.Or(cmp.Compare(a.Outlet, b.Outlet), cmp.Compare(a.Feed, b.Feed))
	})
	return out
}
