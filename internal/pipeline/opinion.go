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

// embedOpinion is the second opinion of grouping: how alike the vectors of articles are, which come from the store or else
// from the endpoint. begin and end enclose a settlement. A nil one does nothing.
//
// Words alone leave some pairs open: the same happening told in other words, and other happenings told in the same. group asks about
// these and says what a cosine does (group.Grouper.askSecondOpinion). A vector is made of title and opening (embed.Text), stored with
// the article's hash and the model's name, and asked for once: a revision or another model asks again. A settlement waits for the
// endpoint no longer than wait in all. After a failure it asks no more and groups without. Pairs that were settled without are not
// asked about later, unless they are compared anew.
type embedOpinion struct {
	store  *store.DB
	client *embed.Client
	wait   time.Duration // the longest that one settlement waits for the endpoint
	log    *slog.Logger
	now    func() time.Time

	ctx      context.Context // of the settlement at hand, since group.SecondOpinion has none
	left     time.Duration   // of wait
	err      error           // that the settlement must end with
	answered bool            // by the endpoint, in this settlement
	failed   error           // why it has not answered; it is not asked again in this settlement

	restUntil time.Time // the endpoint asked to be left alone until then
	down      bool      // as was last logged
}

// begin starts a settlement.
func (o *embedOpinion) begin(ctx context.Context) {
	if o != nil {
		o.ctx, o.left, o.err, o.answered, o.failed = ctx, o.wait, nil, false, nil
	}
}

// fault is what kept the store from giving or taking vectors, or the end of the settlement's context.
func (o *embedOpinion) fault() error {
	if o == nil {
		return nil
	}
	return o.err
}

// end logs once when the endpoint fails, and once when it answers again.
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

// vectors gives the vectors of articles as far as they can be had. What one request brings is stored before the next, so
// that the work of a settlement that is cut off is not lost.
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

// embed has the endpoint embed articles, and stores what it gives. It waits no longer than what is left of the settlement's
// wait, and fails with the settlement only.
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
