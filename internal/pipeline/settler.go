package pipeline

import (
	"cmp"
	"context"
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

// Settler is the stage that makes stories. It groups the articles in the log beyond its watermark, weighs origins, and
// stores the results and the watermark in one transaction. Corrections, pages that articles credit and the closing of
// stories go through it too, since they change the same window. It is serial on purpose: two rewrites that arrive
// together must not start two stories.
//
// The world's news is about a dozen articles a second. Settling is a hundred times faster, so it never needs to be split.
// The origin is weighed again whenever a story gains an article, since the original often arrives after its rewrites.
type Settler struct {
	store        *store.DB
	index        *query.Index  // follows the stored stories
	reader       *query.Reader // reads the stories after a correction
	prepare      stories.Preparer
	outlets      *outlets.Registry
	windowLength time.Duration
	eventCosine  float64 // least cosine of embeddings that brings two articles into one event; 0 means .8
	readSources  bool    // pages that articles credit are fetched
	now          func() time.Time
	changed      func() // called after stories were stored

	mu      sync.Mutex // one settlement, correction or closing at a time; guards what follows
	window  *group.Grouper
	opinion *embedOpinion // nil without embeddings
	weigher origin.Weigher
	learnt  time.Time           // the day for which the weigher's habits were computed
	feeds   map[int64]time.Time // when each feed was added, by id
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
