package search

import (
	"cmp"
	"context"
	"slices"

	api "github.com/blevesearch/bleve_index_api"
	segapi "github.com/blevesearch/scorch_segment_api/v2"

	"headwater/internal/news"
)

// marker notes on the hits of a page where their words stand. Only for these are the places of words read.
type marker struct {
	reader api.IndexReader
	view   *view
	hits   []Hit
	docs   []docOf // in order of the documents
}

// docOf is the document of a hit.
type docOf struct {
	doc uint64 // of the snapshot
	hit int
}

func (f *finder) mark(ctx context.Context, r api.IndexReader, n node, page []match, hits []Hit) error {
	m := marker{reader: r, view: f.view, hits: hits}
	for i, p := range page {
		m.docs = append(m.docs, docOf{uint64(p.doc), i})
	}
	slices.SortFunc(m.docs, func(a, b docOf) int { return cmp.Compare(a.doc, b.doc) })
	for _, t := range textsOf(n, func(t text) bool { return t.field != fieldAuthor }) {
		if err := m.mark(ctx, t); err != nil {
			return err
		}
	}
	for i := range hits {
		hits[i].Title, hits[i].Body = joined(hits[i].Title), joined(hits[i].Body)
	}
	return nil
}

func (m marker) mark(ctx context.Context, t text) error {
	for from := 0; from < len(m.docs); {
		i, _ := m.view.part(m.docs[from].doc)
		end := from + 1
		for end < len(m.docs) && (i+1 == len(m.view.starts) || m.docs[end].doc < m.view.starts[i+1]) {
			end++
		}
		for _, f := range t.scopes() {
			dict, err := m.view.parts[i].Segment().Dictionary(f.field)
			if err != nil {
				return err
			}
			in := fieldIn{dict, f, m.view.columns[i].langs, m.view.langs}
			if err := m.markIn(ctx, in, t, m.docs[from:end], m.view.starts[i]); err != nil {
				return err
			}
		}
		from = end
	}
	return nil
}

// markIn marks the hits of a part of the snapshot, in one field.
func (m marker) markIn(ctx context.Context, in fieldIn, t text, docs []docOf, start uint64) error {
	w := wanted{text: t, langs: m.view.langs}
	row := t.wordsInRow()
	last := len(row) - 1
	var words []form
	var err error
	switch {
	case t.fuzzy > 0:
		words, err = m.like(in, row[0], t.fuzzy)
	case last == 0:
		words, err = w.forms(ctx, in, row[0])
	case t.prefix:
		if words, err = in.beginning(ctx, row[last]); err == nil {
			err = m.markRow(in, row[:last], nil, docs, start)
		}
	default:
		return m.markRow(in, row, nil, docs, start)
	}
	for _, word := range words {
		if err != nil {
			break
		}
		err = m.markRow(in, []string{word.term}, word.langs, docs, start)
	}
	return err
}

// like gives the words of the index that differ in so many letters at most.
func (m marker) like(in fieldIn, word string, letters int) (list []form, err error) {
	fuzzy, ok := m.reader.(api.IndexReaderFuzzy)
	if !ok {
		return nil, nil
	}
	near, err := wordsLike(fuzzy, in.field, word, letters, firstLetters(word, fuzzyPrefix))
	for _, other := range near {
		list = append(list, form{term: other})
	}
	return list, err
}

// markRow marks where words stand in a row.
func (m marker) markRow(in fieldIn, row, langs []string, docs []docOf, start uint64) error {
	all, err := in.together(row)
	if err != nil || all == nil || !all.mayHold(docs, start) {
		return err
	}
	speaks := in.speaks(langs)
	for _, d := range docs {
		doc := d.doc - start
		if all.at[0] == nil || all.at[0].Number() < doc {
			more, err := all.next(doc)
			if err != nil || !more {
				return err
			}
		}
		if all.at[0].Number() != doc || !speaks(doc) {
			continue
		}
		if hit := &m.hits[d.hit]; in.field == fieldTitle {
			hit.Title = append(hit.Title, all.inRow()...)
		} else {
			hit.Body = append(hit.Body, all.inRow()...)
		}
	}
	return nil
}

// mayHold says whether one of the documents may hold the words: of the many words that begin so, most are in none.
func (t *together) mayHold(docs []docOf, start uint64) bool {
	b, ok := t.words[0].(segapi.OptimizablePostingsIterator)
	if !ok || b.ActualBitmap() == nil {
		return true
	}
	return slices.ContainsFunc(docs, func(d docOf) bool { return b.ActualBitmap().Contains(uint32(d.doc - start)) })
}

// joined puts places in order and joins those that touch, as pairs of characters do.
func joined(all []news.Span) []news.Span {
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
