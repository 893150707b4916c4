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

// second is the second opinion of grouping: the vectors of articles, from the store or else from the endpoint. It belongs
// to the settling at hand, and a nil one does nothing.
type second struct {
	store  *store.DB
	client *embed.Client
	wait   time.Duration // for the endpoint, a settling
	log    *slog.Logger
	now    func() time.Time

	ctx      context.Context // of the settling at hand: grouping asks without one
	left     time.Duration   // of wait
	err      error           // what the settling must end with
	answered bool            // the endpoint has, in this settling
	failed   error           // why it has not; it is not asked again in this settling

	quiet time.Time // the endpoint asked to be left alone until then
	down  bool      // as the log last said
}

// begin starts a settling.
func (s *second) begin(ctx context.Context) {
	if s != nil {
		s.ctx, s.left, s.err, s.answered, s.failed = ctx, s.wait, nil, false, nil
	}
}

// fault is what kept the store from giving or taking vectors, or the end of the settling's context.
func (s *second) fault() error {
	if s == nil {
		return nil
	}
	return s.err
}

// end logs once when the endpoint fails, and once when it answers again.
func (s *second) end() {
	switch {
	case s == nil || s.err != nil:
	case s.failed != nil && !s.down:
		s.down = true
		s.log.Warn("no embeddings; grouping goes on without them, and asks again at the next settling", "error", s.failed)
	case s.failed == nil && s.answered && s.down:
		s.down = false
		s.log.Info("the embeddings endpoint answers again")
	}
}

// Similar implements group.SecondOpinion.
func (s *second) Similar(pairs [][2]int64) []float64 {
	vectors, err := s.vectors(idsOf(pairs))
	if err != nil {
		s.err = errors.Join(s.err, err)
	}
	out := make([]float64, len(pairs))
	for i, p := range pairs {
		out[i] = embed.Cosine(vectors[p[0]], vectors[p[1]])
	}
	return out
}

// idsOf gives the articles of some pairs, each once, in order.
func idsOf(pairs [][2]int64) []int64 {
	var ids []int64
	for _, p := range pairs {
		ids = append(ids, p[0], p[1])
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// vectors gives the vectors of articles as far as they can be had. What one request brings is stored before the next, so
// that the work of a settling that is cut off is not lost.
func (s *second) vectors(ids []int64) (map[int64][]float32, error) {
	vectors, err := s.store.Vectors(s.ctx, s.client.Model(), ids)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(ids, func(id int64) bool { return vectors[id] != nil })
	for part := range slices.Chunk(missing, s.client.Batch()) {
		if s.silent() {
			break
		}
		made, err := s.make(part)
		if err != nil {
			return vectors, err
		}
		for _, v := range made {
			vectors[v.Article] = v.Values
		}
	}
	return vectors, nil
}

// silent says that the endpoint is not to be asked now.
func (s *second) silent() bool { return s.err != nil || s.failed != nil || s.now().Before(s.quiet) }

// make has the endpoint embed articles, and stores what it gives.
func (s *second) make(ids []int64) ([]store.Vector, error) {
	articles, err := s.store.ArticlesByID(s.ctx, ids)
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
	values, err := s.ask(texts)
	if err != nil {
		return nil, err
	}
	made := make([]store.Vector, len(values))
	for i, v := range values {
		made[i] = store.Vector{Article: articles[i].ID, Hash: articles[i].Hash, Values: v}
	}
	return made, s.store.PutVectors(s.ctx, s.client.Model(), made)
}

// ask waits for the endpoint, no longer than what is left of the settling's wait. It fails with the settling only.
func (s *second) ask(texts []string) ([][]float32, error) {
	ctx, cancel := context.WithTimeout(s.ctx, s.left)
	defer cancel()
	began := time.Now()
	values, err := s.client.Vectors(ctx, texts)
	s.left -= time.Since(began)
	s.answered = s.answered || len(values) > 0
	if s.ctx.Err() != nil {
		return nil, s.ctx.Err()
	}
	var asked *embed.Error
	if errors.As(err, &asked) {
		s.quiet = s.now().Add(asked.RetryAfter)
	}
	s.failed = err
	return values, nil
}
