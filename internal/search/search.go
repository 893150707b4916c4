package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	api "github.com/blevesearch/bleve_index_api"
	segapi "github.com/blevesearch/scorch_segment_api/v2"

	"headwater/internal/news"
)

// maxMarked is the maximum length of a page with highlights. Longer pages are for counting, not for reading.
const maxMarked = 200

// defaultTimeout is used if Options.Timeout is zero.
const defaultTimeout = 5 * time.Second

// Search finds articles. The best match comes first, or the newest with Newest, or those of the story with the most outlets
// with Coverage. Matches in headline and lead are better than those further down in the text (see Request.Prominent). Among
// equals the originals come first, then the newer articles. See prominentBit for what is equal. Limit 0 means 50. Errors are a
// *QueryError for a malformed query, news.ErrCursor for a cursor of another search, and ErrSlow for a search that takes too
// long.
//
// Each hit has the spans to highlight, in order and without overlap. They are byte offsets into Article.Title and IndexedText
// in the indexed version. IndexedText begins with Article.Body(). If an article has been revised since, its spans must be
// clipped until it is indexed again. Pages of more than 200 hits have no spans. Score is relevance including freshness, and 0
// in other orders.
//
// A cursor continues after a page, as of the time of the first page. Articles stored since are left out, so they cause no
// repetitions. In order of relevance the next page begins after the last match of the page before, at that match's current
// position. If two matches change places because words become more frequent, one may be missed. The same holds for a story that
// overtakes others in coverage.
func (x *Index) Search(ctx context.Context, s Request, now time.Time) (Result, error) {
	var n node
	var err error
	if s.From == 0 || s.Query != "" {
		if n, err = parseWithOptions(s.Query, s.Only); err != nil {
			return Result{}, err
		}
	}
	if s.User == 0 && n != nil {
		if err := rejectMarks(n, "this search"); err != nil {
			return Result{}, err
		}
	}
	f := &finder{x: x, search: s, now: now, maxID: math.MaxInt64}
	if !asksForHidden(n) {
		f.hidden = s.Hidden
	}
	n = s.widen(s.narrow(n))
	if s.Cursor != "" {
		if err := f.resume(s.Cursor); err != nil {
			return Result{}, err
		}
	}
	limit := cmp.Or(x.options.Timeout, defaultTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, ErrSlow)
	defer cancel()
	hits, err := x.find(ctx, f, n)
	if err != nil && errors.Is(context.Cause(ctx), ErrSlow) {
		return Result{}, fmt.Errorf("search: %w; it was given up after %s", ErrSlow, limit)
	}
	return hits, err
}

// asksForHidden reports whether a query, which may be nil, has is:hidden.
func asksForHidden(n node) (asks bool) {
	walk(n, func(part node) {
		if m, ok := part.(markNode); ok && m.mark == "hidden" {
			asks = true
		}
	})
	return asks
}

// narrow adds In and From to the parsed query, which is nil for all articles.
func (s Request) narrow(n node) node {
	if s.In == nil && s.From == 0 {
		return n
	}
	var list andNode
	if n != nil {
		list = append(list, n)
	}
	if s.In != nil {
		feeds := make(orNode, len(s.In))
		for i, id := range s.In {
			feeds[i] = keyNode{keyFeed + docID(id)}
		}
		list = append(list, feeds)
	}
	if s.From > 0 {
		list = append(list, fromNode{s.From})
	}
	return list
}

// widen adds Also to the parsed query.
func (s Request) widen(n node) node {
	if len(s.Also) == 0 {
		return n
	}
	ids := make(idNode, len(s.Also))
	for i, id := range s.Also {
		ids[i] = docID(id)
	}
	return orNode{n, ids}
}

// find runs a search once a processor is free.
func (x *Index) find(ctx context.Context, f *finder, n node) (hits Result, err error) {
	if err := x.limiter.acquire(ctx); err != nil {
		return Result{}, err
	}
	defer x.limiter.release()
	x.mu.RLock()
	defer x.mu.RUnlock()
	b, err := x.handle()
	if err != nil {
		return Result{}, err
	}
	f.stories = new(StoryTable).snapshot()
	if t := x.stories.Load(); t != nil {
		f.stories = t.snapshot()
	}
	defer x.suspectDamage(&err)
	defer recoverDamage(catchFaults(), &err)
	inner, err := b.Advanced()
	if err != nil {
		return Result{}, fmt.Errorf("search: %w", err)
	}
	r, err := inner.Reader()
	if err != nil {
		return Result{}, fmt.Errorf("search: %w", err)
	}
	defer func() { _ = r.Close() }() // nothing is written
	if f.view, err = x.forward.view(r); err != nil {
		return Result{}, err
	}
	f.rows.view = f.view
	key, keepable := keptKey(f.search, n)
	var page []match
	var all *keptResult
	if keepable {
		limit, offset := f.bounds(keptDeepest)
		all = x.kept.find(r, f.stories, key, offset+limit)
	}
	if all == nil {
		if err := f.collect(ctx, r, b.Mapping(), n); err != nil {
			return Result{}, fmt.Errorf("search: %w", err)
		}
		defer f.release()
		if keepable && len(f.matches) >= x.kept.from {
			all = f.keepable()
			x.kept.keep(r, f.stories, key, all)
		}
	}
	if all != nil {
		hits, page = f.keptPage(all)
	} else {
		hits, page = f.page()
	}
	if hits.Matches == 0 {
		hits.Suggestion, err = suggest(ctx, r, f.search.Query, n)
		return hits, err
	}
	if len(hits.Hits) == 0 || f.search.Limit > maxMarked {
		return hits, nil
	}
	h := highlighter{reader: r, view: f.view, hits: hits.Hits}
	if err := h.mark(ctx, n, page); err != nil {
		return Result{}, fmt.Errorf("search: highlights: %w", err)
	}
	return hits, nil
}

// suspectDamage has the index checked after an error of what no valid index contains.
func (x *Index) suspectDamage(err *error) {
	if errors.Is(*err, ErrDamaged) {
		x.suspect.Store(true)
		*err = fmt.Errorf("search in %s: %w; its files are compared with their checksums now, or by the next command, and it is built anew where they differ; try again", x.path, *err)
	}
}

// maxSpans is the maximum number of highlights in one text.
const maxSpans = 1000

// highlighter adds the spans of matching words to the hits of a page. Word positions are read only for these hits.
type highlighter struct {
	reader api.IndexReader
	view   *view
	hits   []Hit
}

// hitDoc is the document of a hit.
type hitDoc struct {
	doc uint64 // number in the snapshot
	hit int
}

func (h highlighter) mark(ctx context.Context, n node, page []match) error {
	docs := make([]hitDoc, len(page))
	for i, m := range page {
		docs[i] = hitDoc{uint64(m.doc), i}
	}
	slices.SortFunc(docs, func(a, b hitDoc) int { return cmp.Compare(a.doc, b.doc) })
	for _, t := range textNodes(n, func(t textNode) bool { return t.field != fieldAuthor }) {
		for from := 0; from < len(docs); {
			i, _ := h.view.part(docs[from].doc)
			end := from + 1
			for end < len(docs) && (i+1 == len(h.view.starts) || docs[end].doc < h.view.starts[i+1]) {
				end++
			}
			for _, f := range t.scopes() {
				dict, err := h.view.parts[i].Segment().Dictionary(f.field)
				if err != nil {
					return err
				}
				in := fieldReader{dict, f, h.view.forward[i].langs, h.view.langs}
				if err := h.markField(ctx, in, t, docs[from:end], h.view.starts[i]); err != nil {
					return err
				}
			}
			from = end
		}
	}
	for i := range h.hits {
		h.hits[i].Title, h.hits[i].Body = mergeSpans(h.hits[i].Title), mergeSpans(h.hits[i].Body)
	}
	return nil
}

// markField marks the words of a text node in the documents of a segment, in one field.
func (h highlighter) markField(ctx context.Context, in fieldReader, t textNode, docs []hitDoc, start uint64) error {
	w := t.withForms(h.view.langs)
	last := len(w.terms) - 1
	if last > 0 && !w.prefix {
		return h.markPhrase(in, w.terms, nil, docs, start)
	}
	var list []wordForm
	if t.fuzzy == 0 {
		var err error
		if list, err = w.expand(ctx, in); err != nil {
			return err
		}
		if last > 0 {
			if err := h.markPhrase(in, w.terms[:last], nil, docs, start); err != nil {
				return err
			}
		}
	} else if r, ok := h.reader.(api.IndexReaderFuzzy); ok {
		term := w.terms[0]
		near, err := similarWords(r, in.field, term, t.fuzzy, string([]rune(term)[:fuzzyPrefix]))
		if err != nil {
			return err
		}
		for _, other := range near {
			list = append(list, wordForm{term: other})
		}
	}
	for _, f := range list {
		if err := h.markPhrase(in, []string{f.term}, f.langs, docs, start); err != nil {
			return err
		}
	}
	return nil
}

// markPhrase marks the places where words occur in a row, in documents of some languages.
func (h highlighter) markPhrase(in fieldReader, terms, langs []string, docs []hitDoc, start uint64) error {
	join, err := in.join(terms)
	if err != nil || join == nil {
		return err
	}
	// Most of the many words that begin with a prefix are in none of the documents.
	if b, ok := join.words[0].(segapi.OptimizablePostingsIterator); ok && b.ActualBitmap() != nil &&
		!slices.ContainsFunc(docs, func(d hitDoc) bool { return b.ActualBitmap().Contains(uint32(d.doc - start)) }) {
		return nil
	}
	inLangs := in.inLangs(langs)
	for _, d := range docs {
		doc := d.doc - start
		if join.at[0] == nil || join.at[0].Number() < doc {
			more, err := join.next(doc)
			if err != nil || !more {
				return err
			}
		}
		if join.at[0].Number() != doc || !inLangs(doc) {
			continue
		}
		spans, _ := join.phrases()
		if hit := &h.hits[d.hit]; in.field == fieldTitle {
			hit.Title = append(hit.Title, spans...)
		} else {
			hit.Body = append(hit.Body, spans...)
		}
	}
	return nil
}

// mergeSpans sorts spans and joins adjacent ones, such as those of character pairs.
func mergeSpans(all []news.Span) []news.Span {
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

const (
	maxSuggested  = 8   // words of a query for which others are searched
	maxCandidates = 200 // words of the index that are considered for one word
)

// suggest returns the query with each unknown word replaced by a word of the index: the most frequent of those with the
// smallest difference. It returns "" if every word is known, or if there is no similar word.
//
// Words of at least four letters are compared. One letter may differ, or two from six letters on.
func suggest(ctx context.Context, r api.IndexReader, query string, n node) (string, error) {
	fuzzy, ok := r.(api.IndexReaderFuzzy)
	if !ok {
		return "", nil
	}
	src, end := []rune(query), 0
	var out []rune
	for i, t := range textNodes(n, func(t textNode) bool { return t.isSingleWord() && t.field != fieldAuthor }) {
		if i == maxSuggested {
			break
		}
		w := t.words.list[0]
		near, err := mostFrequentSimilar(ctx, r, fuzzy, t)
		if err != nil {
			return "", err
		}
		if near != "" {
			start := t.at + utf8.RuneCountInString(t.src[:w.start])
			out, end = append(append(out, src[end:start]...), []rune(near)...), start+utf8.RuneCountInString(t.src[w.start:w.end])
		}
	}
	if end == 0 {
		return "", nil
	}
	return string(append(out, src[end:]...)), nil
}

// mostFrequentSimilar returns the word of the index that was probably meant. It returns "" if the index has the word itself or
// no similar word.
func mostFrequentSimilar(ctx context.Context, r api.IndexReader, fuzzy api.IndexReaderFuzzy, t textNode) (string, error) {
	word := t.terms()[0]
	letters := utf8.RuneCountInString(word)
	if letters < 4 {
		return "", nil
	}
	best, most := "", 0.0
	for _, f := range t.scopes() {
		near, err := similarWords(fuzzy, f.field, word, min(1+letters/6, 2), "")
		if err != nil {
			return "", err
		}
		for _, other := range near {
			if other == word {
				return "", nil
			}
			postings, err := r.TermFieldReader(ctx, []byte(other), f.field, false, false, false)
			if err != nil {
				return "", err
			}
			n := float64(postings.Count())
			if err := postings.Close(); err != nil {
				return "", err
			}
			if distance([]byte(other), []byte(word)) > 1 {
				n /= 1000
			}
			if n > most {
				best, most = other, n
			}
		}
	}
	return best, nil
}

// similarWords returns words of a field that begin with prefix and differ in at most that many letters.
func similarWords(r api.IndexReaderFuzzy, field, word string, letters int, prefix string) (near []string, err error) {
	dict, err := r.FieldDictFuzzy(field, word, letters, prefix)
	if err != nil {
		return nil, err
	}
	for len(near) < maxCandidates {
		entry, err := dict.Next()
		if err != nil || entry == nil {
			_ = dict.Close() // nothing is written
			return near, err
		}
		if !isVariant(entry.Term) {
			near = append(near, entry.Term)
		}
	}
	return near, dict.Close()
}
