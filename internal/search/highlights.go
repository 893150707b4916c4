package search

import (
	"cmp"
	"context"
	"slices"

	api "github.com/blevesearch/bleve_index_api"
	segapi "github.com/blevesearch/scorch_segment_api/v2"

	"headwater/internal/news"
)

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
				in := fieldReader{dict, f, h.view.columns[i].langs, h.view.langs}
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
		if hit := &h.hits[d.hit]; in.field == fieldTitle {
			hit.Title = append(hit.Title, join.phrases()...)
		} else {
			hit.Body = append(hit.Body, join.phrases()...)
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
