package pipeline

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"headwater/internal/news"
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

// Settler is the stage that makes stories: it groups the articles that the log holds beyond its mark, weighs origins, and
// stores both in one transaction with the mark. Corrections, pages that articles credit and the closing of stories go through
// it too, as they change the same window. It is serial on purpose: two rewrites that arrive together must not start two
// stories.
type Settler struct {
	store        *store.DB
	index        *query.Index  // is told of the stories that are stored
	reader       *query.Reader // gives what a correction came to
	prepare      stories.Preparer
	outlets      *outlets.Registry
	windowLength time.Duration
	eventCosine  float64 // from which embeddings bring two articles into one event; 0 means .8
	readSources  bool    // pages that articles credit are wanted
	now          func() time.Time
	changed      func() // is called after stories were stored

	mu      sync.Mutex // one settlement, correction or closing at a time; guards what follows
	window  *group.Grouper
	opinion *embedOpinion // nil without embeddings
	weigher origin.Weigher
	learnt  time.Time           // the day for which the weigher's habits were learnt
	feeds   map[int64]time.Time // since when each feed is polled, by id
}

func newSettler(o Options, prepare stories.Preparer, changed func()) *Settler {
	s := &Settler{
		store: o.Store, index: o.Index, reader: o.Reader, prepare: prepare, outlets: o.Outlets, now: o.Now, changed: changed,
		windowLength: o.windowLength(), eventCosine: o.EventCosine, readSources: o.ReadSources,
		weigher: origin.Weigher{Tie: 2 * o.Pace.Min},
	}
	if o.Embed != nil {
		s.opinion = &embedOpinion{store: o.Store, client: o.Embed, wait: cmp.Or(o.EmbedWait, 30*time.Second), log: o.Logger, now: o.Now}
	}
	return s
}

// Settle groups every article that the log holds beyond the settler's mark and weighs the origins of the stories that they
// touch. It gives the number of articles settled. Progress may be nil.
func (s *Settler) Settle(ctx context.Context, progress func(done, total int)) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opinion.begin(ctx)
	defer s.opinion.end()
	total := 0
	for {
		done, err := s.settleRound(ctx, progress)
		total += done
		if err != nil {
			s.window = nil // it may hold what was not stored
			return total, err
		}
		if done < stories.Round {
			return total, nil
		}
	}
}

func (s *Settler) settleRound(ctx context.Context, progress func(done, total int)) (int, error) {
	mark, err := s.store.Mark(ctx, settleMark)
	if err != nil {
		return 0, err
	}
	waiting, err := s.store.CountAfter(ctx, mark)
	if err != nil || waiting == 0 {
		return 0, err
	}
	out := newSettlement()
	out.Through = mark
	if err := s.openWindow(ctx, &out); err != nil {
		return 0, err
	}
	done := 0
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
		if err := s.reload(ctx, slices.Concat(ids, s.window.MustLinked(ids)), &out); err != nil { // a revision stays with those that it belongs to
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
		if progress != nil {
			progress(done, max(waiting, done))
		}
	}
	if err := s.decide(ctx, &out); err != nil {
		return done, err
	}
	return done, s.put(out, func(out store.Settlement) error { return s.store.Settle(ctx, out) })
}

func newSettlement() store.Settlement {
	return store.Settlement{Prints: map[int64]prints.Print{}, Claims: map[int64][]news.Claim{}}
}

// add puts an article with a new print into the window and the settlement.
func (s *Settler) add(it group.Item, out *store.Settlement) {
	s.window.Add(it)
	out.Prints[it.Article.ID], out.Claims[it.Article.ID] = it.Print, it.Claims
}

// items prepares articles.
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

// decide groups what was added to the window, and puts into the settlement what that changed.
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

// weigh weighs changed stories, with the pages that their members credit, and notes the pages that they want read.
func (s *Settler) weigh(ctx context.Context, changed []group.Change, out *store.Settlement) error {
	var pages map[string]store.Source
	if s.readSources {
		var ids []int64
		for _, c := range changed {
			ids = append(ids, c.Members...)
		}
		var err error
		if pages, err = s.store.SourcesOf(ctx, ids); err != nil {
			return err
		}
	}
	now := s.now() // one for all, so that stories that change together keep their order in the combined feed
	for _, c := range changed {
		members := stories.Candidates(s.window, c, s.feeds)
		st := stories.Weigh(s.window, s.weigher, c, members, creditedPages(members, pages), now)
		out.Stories = append(out.Stories, st)
		if s.readSources && st.Latest.After(now.Add(-s.windowLength)) {
			out.Cited = append(out.Cited, wantedPages(members)...)
		}
	}
	return nil
}

// otherStories gives the stories of articles that are not among those that settling changed.
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

// put stores a settlement by what store does, and says that stories changed.
func (s *Settler) put(out store.Settlement, store func(store.Settlement) error) error {
	if err := s.index.Apply(out, store); err != nil {
		return err
	}
	s.changed()
	return nil
}
