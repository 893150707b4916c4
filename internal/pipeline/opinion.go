package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"headwater/internal/news"
	"headwater/internal/store"
	"headwater/internal/stories/embed"
)

// embedOpinion implements the second opinion of grouping: the cosine of two articles' embeddings. Vectors come from the
// store, or else from the endpoint. begin and end enclose a settlement. The methods of a nil embedOpinion do nothing.
//
// Words alone leave some pairs open: two articles may report one event in different words, or two events in the same
// words. group asks about these pairs and decides what a cosine does (group.Grouper.askSecondOpinion). A vector is made
// from title and opening (embed.Text) and stored with the article's hash and the model's name. It is requested once, and
// again after a revision or a change of model. In one settlement, all requests together take at most wait. After a
// failure, the settlement goes on without further requests. Pairs that were settled without an opinion are not asked
// about later, unless they are compared again.
type embedOpinion struct {
	client *embed.Client
	wait   time.Duration // the most time that one settlement waits for the endpoint
	log    *slog.Logger
	now    func() time.Time

	store    *store.DB
	ctx      context.Context // of the current settlement; group.SecondOpinion has no parameter for it
	left     time.Duration   // what is left of wait
	err      error           // the settlement must fail with it
	answered bool            // the endpoint has answered in this settlement
	failed   error           // why the endpoint failed; it is not asked again in this settlement

	restUntil time.Time // the endpoint asked for a pause until then
	down      bool      // the last logged state
}

// begin starts a settlement.
func (o *embedOpinion) begin(ctx context.Context, db *store.DB) {
	if o != nil {
		o.store, o.ctx, o.left, o.err, o.answered, o.failed = db, ctx, o.wait, nil, false, nil
	}
}

// fault returns the error of the store for vectors, or that of the settlement's context.
func (o *embedOpinion) fault() error {
	if o == nil {
		return nil
	}
	return o.err
}

// end logs a failure of the endpoint once, and its recovery once.
func (o *embedOpinion) end() {
	switch {
	case o == nil || o.err != nil:
	case o.failed != nil && !o.down:
		o.down = true
		o.log.Warn("no embeddings; grouping goes on without them, and asks again at the next settling", "error", o.failed)
	case o.failed == nil && o.answered && o.down:
		o.down = false
		o.log.Info("the embeddings endpoint answers again")
	}
}

// Similar implements group.SecondOpinion.
func (o *embedOpinion) Similar(pairs [][2]int64) []float64 {
	var ids []int64
	for _, p := range pairs {
		ids = append(ids, p[0], p[1])
	}
	slices.Sort(ids)
	vectors, err := o.vectors(slices.Compact(ids))
	if err != nil {
		o.err = errors.Join(o.err, err)
	}
	out := make([]float64, len(pairs))
	for i, p := range pairs {
		out[i] = embed.Cosine(vectors[p[0]], vectors[p[1]])
	}
	return out
}

// vectors returns the vectors of the given articles, as far as they are available. It stores the results of each request
// before the next, so that an interrupted settlement loses no work.
func (o *embedOpinion) vectors(ids []int64) (map[int64][]float32, error) {
	vectors, err := o.store.Vectors(o.ctx, o.client.Model(), ids)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(ids, func(id int64) bool { return vectors[id] != nil })
	for part := range slices.Chunk(missing, o.client.Batch()) {
		if o.err != nil || o.failed != nil || o.now().Before(o.restUntil) {
			break
		}
		made, err := o.embed(part)
		if err != nil {
			return vectors, err
		}
		for _, v := range made {
			vectors[v.Article] = v.Values
		}
	}
	return vectors, nil
}

// embed requests the vectors of articles from the endpoint and stores them. It waits no longer than what is left of the
// settlement's wait. It returns an error only where the settlement must fail.
func (o *embedOpinion) embed(ids []int64) ([]store.Vector, error) {
	articles, err := o.store.ArticlesByID(o.ctx, ids)
	if err != nil {
		return nil, err
	}
	var texts []string
	articles = slices.DeleteFunc(articles, func(a news.Article) bool {
		text := embed.Text(a.Title, a.Body())
		if text != "" {
			texts = append(texts, text)
		}
		return text == ""
	})
	ctx, cancel := context.WithTimeout(o.ctx, o.left)
	defer cancel()
	began := time.Now()
	values, err := o.client.Vectors(ctx, texts)
	o.left -= time.Since(began)
	o.answered = o.answered || len(values) > 0
	if o.ctx.Err() != nil {
		return nil, o.ctx.Err()
	}
	var refused *embed.Error
	if errors.As(err, &refused) {
		o.restUntil = o.now().Add(refused.RetryAfter)
	}
	o.failed = err
	made := make([]store.Vector, len(values))
	for i, v := range values {
		made[i] = store.Vector{Article: articles[i].ID, Hash: articles[i].Hash, Values: v}
	}
	return made, o.store.PutVectors(o.ctx, o.client.Model(), made)
}
