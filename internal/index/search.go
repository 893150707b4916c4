package index

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"

	"headwater/internal/news"
)

const (
	// defaultLimit is how many hits a search gives that does not say.
	defaultLimit = 50
	// maxMarked is the longest page that gets highlights: longer ones are for counting, not for reading.
	maxMarked = 200
	// maxSpans bounds the highlights in one text.
	maxSpans = 1000
)

// Relevance counts for more when an article is fresh: by this much for one that is out now, half as much after each
// half-life. So of two equal matches the newer stands first, and a much better match keeps its place.
const (
	freshness = 0.75
	halfLife  = 72 * time.Hour
)

// Search finds articles, the best match first, or the newest with Newest; Limit 0 is 50. A malformed query gives a
// *QueryError.
//
// Each hit carries the spans to highlight, in order and apart: byte offsets into Article.Title and Article.Body() as
// they were indexed. The spans of an article revised since need clipping until it is indexed again. Pages of more than
// 200 hits come without. Score is relevance with freshness in it, and 0 with Newest.
func (x *Index) Search(ctx context.Context, s news.Search, now time.Time) (hits news.Hits, err error) {
	n, err := parse(s.Query)
	if err != nil {
		return news.Hits{}, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	b, err := x.handle()
	if err != nil {
		return news.Hits{}, err
	}
	defer func() {
		if r := recover(); r != nil {
			hits, err = news.Hits{}, fmt.Errorf("search in %s: %w: %v; run `headwater reindex`", x.path, ErrDamaged, r)
		}
	}()
	return find(ctx, b, compile(n), s, now)
}

func find(ctx context.Context, b bleve.Index, q query.Query, s news.Search, now time.Time) (news.Hits, error) {
	limit := s.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	r := bleve.NewSearchRequestOptions(q, limit, max(s.Offset, 0), false)
	if s.Newest {
		r.Sort = search.SortOrder{&search.SortField{Field: fieldTime, Type: search.SortFieldAsString, Desc: true}}
		r.Score = "none"
	} else {
		r.Sort = search.SortOrder{&byFreshness{now: now.Unix()}}
	}
	found, err := b.SearchInContext(ctx, r)
	if err != nil {
		return news.Hits{}, fmt.Errorf("search: %w", err)
	}
	hits := news.Hits{Total: int(found.Total), Hits: make([]news.Hit, len(found.Hits))}
	for i, m := range found.Hits {
		if hits.Hits[i].ID, err = strconv.ParseInt(m.ID, 10, 64); err != nil {
			return news.Hits{}, fmt.Errorf("search: %w: document %q", ErrDamaged, m.ID)
		}
		if !s.Newest {
			hits.Hits[i].Score = decodeScore(m.Sort[0])
		}
	}
	if limit > maxMarked || len(hits.Hits) == 0 {
		return hits, nil
	}
	return hits, mark(ctx, b, q, hits.Hits)
}

// mark looks the hits up once more to learn where their words stand. Asking for that in the search itself would read the
// places of the words in every article that matches, not only in those shown.
func mark(ctx context.Context, b bleve.Index, q query.Query, hits []news.Hit) error {
	ids := make([]string, len(hits))
	at := make(map[string]int, len(hits))
	for i, h := range hits {
		ids[i] = docID(h.ID)
		at[ids[i]] = i
	}
	only := query.NewConjunctionQuery([]query.Query{query.NewDocIDQuery(ids), q})
	r := bleve.NewSearchRequestOptions(only, len(hits), 0, false)
	r.IncludeLocations = true
	found, err := b.SearchInContext(ctx, r)
	if err != nil {
		return fmt.Errorf("search: highlights: %w", err)
	}
	for _, m := range found.Hits {
		h := &hits[at[m.ID]]
		h.Title, h.Body = spans(m.Locations[fieldTitle]), spans(m.Locations[fieldBody])
	}
	return nil
}

// spans puts places in order and joins those that touch, as pairs of characters do.
func spans(terms search.TermLocationMap) []news.Span {
	var all []news.Span
	for _, places := range terms {
		for _, l := range places {
			all = append(all, news.Span{Start: int(l.Start), End: int(l.End)})
		}
	}
	slices.SortFunc(all, func(a, b news.Span) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	out := all[:0]
	for _, s := range all {
		if n := len(out); n > 0 && s.Start <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
			continue
		}
		out = append(out, s)
	}
	return out[:min(len(out), maxSpans)]
}

// byFreshness orders by relevance and freshness. Bleve makes one for each request and calls it once for each match, the
// fields first.
type byFreshness struct {
	now  int64 // seconds
	time int64 // of the match at hand; 0 is unknown
}

// UpdateVisitor takes the match's time.
func (f *byFreshness) UpdateVisitor(field string, term []byte) {
	if field == fieldTime {
		f.time, _ = strconv.ParseInt(string(term), 10, 64) // 0 where it can't be read
	}
}

// Value gives the boosted score as a string that sorts as the number does.
func (f *byFreshness) Value(m *search.DocumentMatch) string {
	boost := 1.0
	if f.time > 0 {
		age := time.Duration(max(f.now-f.time, 0)) * time.Second
		boost += freshness * math.Exp2(-float64(age)/float64(halfLife))
	}
	f.time = 0
	// What matches only unscored parts (source:reuters) has score 0; the addend lets freshness order it.
	score := (m.Score + 0.001) * boost
	return string(binary.BigEndian.AppendUint64(nil, math.Float64bits(score)))
}

func decodeScore(s string) float64 {
	if len(s) != 8 {
		return 0
	}
	return math.Float64frombits(binary.BigEndian.Uint64([]byte(s)))
}

// DecodeValue is part of bleve's interface.
func (f *byFreshness) DecodeValue(value string) string {
	return strconv.FormatFloat(decodeScore(value), 'g', -1, 64)
}

// Descending puts the best first.
func (f *byFreshness) Descending() bool { return true }

// RequiresDocID says that ids are not needed.
func (f *byFreshness) RequiresDocID() bool { return false }

// RequiresScoring is false though scores are used: bleve takes true for order by score alone.
func (f *byFreshness) RequiresScoring() bool { return false }

// RequiresFields asks for the time.
func (f *byFreshness) RequiresFields() []string { return []string{fieldTime} }

// Reverse is for paging backwards, which is not used.
func (f *byFreshness) Reverse() {}

// Copy makes one for another request.
func (f *byFreshness) Copy() search.SearchSort { return &byFreshness{now: f.now} }
