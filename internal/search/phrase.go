package search

import (
	"context"
	"math"

	segapi "github.com/blevesearch/scorch_segment_api/v2"

	"headwater/internal/news"
)

// phrase calls take with each document that holds the words in a row, and what it says there.
func (in fieldIn) phrase(ctx context.Context, row []string, take func(doc uint64, weight float32)) error {
	all, err := in.together(row)
	if err != nil || all == nil {
		return err
	}
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if more, err := all.next(0); err != nil || !more {
			return err
		}
		if times := len(all.inRow()) / len(row); times > 0 {
			take(all.at[0].Number(), in.boost*float32(math.Sqrt(float64(times))*all.at[0].Norm()))
		}
	}
}

// together goes through the documents that hold all of some words.
type together struct {
	words []segapi.PostingsIterator
	at    []segapi.Posting
}

// together gives nil where a word is in no document. Which documents hold all words is learnt first, where bleve has them as
// bitmaps, so that no places are read of the others.
func (in fieldIn) together(row []string) (*together, error) {
	t := &together{at: make([]segapi.Posting, len(row))}
	var bitmaps []segapi.OptimizablePostingsIterator
	for _, term := range row {
		postings, err := in.PostingsList([]byte(term), nil, nil)
		if err != nil || postings.Count() == 0 {
			return nil, err
		}
		places := postings.Iterator(true, true, true, nil)
		t.words = append(t.words, places)
		if b, ok := places.(segapi.OptimizablePostingsIterator); ok && b.ActualBitmap() != nil {
			bitmaps = append(bitmaps, b)
		}
	}
	if len(bitmaps) == len(row) {
		both := bitmaps[0].ActualBitmap().Clone()
		for _, b := range bitmaps[1:] {
			both.And(b.ActualBitmap())
		}
		for _, b := range bitmaps {
			b.ReplaceActual(both)
		}
	}
	return t, nil
}

// next goes on to the next document, one at least at this place, and says whether there is one.
func (t *together) next(doc uint64) (bool, error) {
	var err error
	if t.at[0], err = t.words[0].Advance(doc); err != nil || t.at[0] == nil {
		return false, err
	}
	for i := 1; i < len(t.words); i++ {
		doc := t.at[0].Number()
		if t.at[i] == nil || t.at[i].Number() < doc {
			if t.at[i], err = t.words[i].Advance(doc); err != nil || t.at[i] == nil {
				return false, err
			}
		}
		if t.at[i].Number() == doc {
			continue
		}
		if t.at[0], err = t.words[0].Advance(t.at[i].Number()); err != nil || t.at[0] == nil {
			return false, err
		}
		i = 0
	}
	return true, nil
}

// inRow gives where the words stand one behind the other: the stretch of each word.
func (t *together) inRow() (spans []news.Span) {
	next := make([]int, len(t.at))
	for _, first := range t.at[0].Locations() {
		n := 1
		for ; n < len(t.at); n++ {
			places, want := t.at[n].Locations(), first.Pos()+uint64(n)
			for next[n] < len(places) && places[next[n]].Pos() < want {
				next[n]++
			}
			if next[n] == len(places) || places[next[n]].Pos() != want {
				break
			}
		}
		if n < len(t.at) {
			continue
		}
		spans = append(spans, span(first))
		for n := 1; n < len(t.at); n++ {
			spans = append(spans, span(t.at[n].Locations()[next[n]]))
		}
	}
	return spans
}

func span(l segapi.Location) news.Span { return news.Span{Start: int(l.Start()), End: int(l.End())} }
