package search

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	api "github.com/blevesearch/bleve_index_api"
	segapi "github.com/blevesearch/scorch_segment_api/v2"

	"headwater/internal/news"
)

// TestBleveInternals checks what this package takes for granted of bleve beyond its documentation, as the package comment
// lists it. Where it fails after an update, bleve has changed below us: read the change before anything here is adapted.
func TestBleveInternals(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, Options{})
	// Two segments. One document of the first is deleted, another is replaced by the second.
	put(t, x, 3,
		news.Article{ID: 10, Title: "harbour harbour open", Text: "The C# ferry.", Lang: "en", Seen: now},
		news.Article{ID: 11, Title: "harbour closed again today", Lang: "fi", Seen: now},
		news.Article{ID: 12, Title: "harbour", Seen: now},
		news.Article{ID: 13, Title: "harbour", Seen: now})
	put(t, x, 4, news.Article{ID: 12, Title: "harbour", Seen: now}, news.Article{ID: 14, Title: "open harbour", Seen: now})
	if err := x.Delete(t.Context(), []int64{13}, 1); err != nil {
		t.Fatal(err)
	}
	inner, err := x.b.Advanced()
	if err != nil {
		t.Fatal(err)
	}
	r, err := inner.Reader()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()

	s, ok := r.(*scorch.IndexSnapshot)
	if !ok {
		t.Fatalf("a reader is a %T", r)
	}
	if _, ok := r.(api.IndexReaderFuzzy); !ok {
		t.Error("a reader knows no fuzzy terms")
	}
	start, ids := uint64(0), map[uint64]bool{}
	for _, part := range s.Segments() {
		if ids[part.Id()] {
			t.Errorf("two segments have the number %d", part.Id())
		}
		ids[part.Id()] = true
		terms, postings := readTerms(t, part.Segment(), "_id", "", "")
		for i, id := range terms {
			if len(postings[i]) != 1 {
				t.Fatalf("the id %s has %d documents in a segment", id, len(postings[i]))
			}
			doc := postings[i][0].Number()
			deleted := part.Deleted() != nil && part.Deleted().Contains(uint32(doc))
			if deleted == part.DocNumbersLive().Contains(uint32(doc)) {
				t.Errorf("article %s is deleted %t, and is among the live ones just so", id, deleted)
			}
			external, err := r.ExternalID(api.NewIndexInternalID(nil, start+doc))
			if err != nil || external != id {
				t.Errorf("document %d of the snapshot is %q, %v; the segments say %q", start+doc, external, err, id)
			}
		}
		if int64(len(terms)) != part.FullSize() {
			t.Errorf("%d ids in a segment of %d documents", len(terms), part.FullSize())
		}
		start += uint64(part.FullSize())
	}

	t.Run("dictionaries are in order and end before the end", func(t *testing.T) {
		var all []string
		for _, part := range s.Segments() {
			terms, _ := readTerms(t, part.Segment(), fieldTitle, "again", "open")
			if !slices.IsSorted(terms) {
				t.Errorf("%q", terms)
			}
			all = append(all, terms...)
		}
		slices.Sort(all)
		equal(t, []string{"again", "closed", "harbour"}, slices.Compact(all))
	})
	t.Run("postings have frequencies, norms and positions as analysed", func(t *testing.T) {
		for _, part := range s.Segments() {
			terms, postings := readTerms(t, part.Segment(), fieldTitle, "harbour", "harbours")
			if len(terms) == 0 {
				continue
			}
			_, idPostings := readTerms(t, part.Segment(), "_id", "10", "11")
			if len(idPostings) == 0 {
				continue
			}
			doc := idPostings[0][0].Number()
			i := slices.IndexFunc(postings[0], func(p segapi.Posting) bool { return p.Number() == doc })
			p := postings[0][i]
			if p.Frequency() != 2 || math.Abs(p.Norm()-1/math.Sqrt(3+lengthOffset/10)) > 1e-6 {
				t.Errorf("frequency %d, norm %f", p.Frequency(), p.Norm())
			}
			var places [][3]uint64
			for _, l := range p.Locations() {
				places = append(places, [3]uint64{l.Pos(), l.Start(), l.End()})
			}
			equal(t, [][3]uint64{{1, 0, 7}, {2, 8, 15}}, places)
			return
		}
		t.Error("article 10 is in no segment")
	})
	t.Run("bitmaps narrow an iterator", func(t *testing.T) {
		part := s.Segments()[0]
		dict, err := part.Segment().Dictionary(fieldTitle)
		if err != nil {
			t.Fatal(err)
		}
		list, err := dict.PostingsList([]byte("harbour"), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		it := list.Iterator(true, true, true, nil)
		bitmaps, ok := it.(segapi.OptimizablePostingsIterator)
		if !ok || bitmaps.ActualBitmap() == nil {
			t.Fatal("an iterator has no bitmap")
		}
		only := bitmaps.ActualBitmap().Clone()
		last := only.Maximum()
		only.Clear()
		only.Add(last)
		bitmaps.ReplaceActual(only)
		first, err := it.Advance(0)
		if err != nil || first == nil || first.Number() != uint64(last) || len(first.Locations()) == 0 {
			t.Fatalf("got %v, %v", first, err)
		}
		if next, err := it.Next(); next != nil || err != nil {
			t.Errorf("got %v, %v", next, err)
		}
	})
	t.Run("our searcher scores as bleve's term searcher", func(t *testing.T) {
		v, err := x.forward.view(r)
		if err != nil {
			t.Fatal(err)
		}
		theirs := query.NewTermQuery("harbour")
		theirs.SetField(fieldTitle)
		ours := leaf{wordQuery{terms: []string{"harbour"}, scopes: []scope{{field: fieldTitle, boost: 1}}}, v, &hitLists{}, x.limiter}
		both := query.NewTermQuery("open") // the norm of a query is of all its parts
		both.SetField(fieldTitle)
		want := scores(t, x, r, query.NewDisjunctionQuery([]query.Query{theirs, both}))
		got := scores(t, x, r, query.NewDisjunctionQuery([]query.Query{ours, both}))
		if len(want) != 4 || len(got) != 4 {
			t.Fatalf("bleve finds %v, we %v", want, got)
		}
		for doc, score := range want { // hit lists keep 8 bits of a weight; the idf counts deleted documents
			if math.Abs(got[doc]-score) > score/8 {
				t.Errorf("document %d scores %f, and %f with bleve", doc, got[doc], score)
			}
		}
	})
	t.Run("files are what verify reads", func(t *testing.T) {
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		names, err := segmentNames(filepath.Join(dir, folder, "store", "root.bolt"))
		if err != nil || len(names) == 0 {
			t.Fatalf("segments %q, %v", names, err)
		}
		for _, name := range names {
			path := filepath.Join(dir, folder, "store", name)
			if err := verifySegment(path); err != nil {
				t.Error(err)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b[len(b)/2] ^= 1
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if verifySegment(path) == nil {
				t.Errorf("a changed byte in %s is not noticed", name)
			}
		}
	})
}

// readTerms gives the terms of a field from one on and before another, and the postings of each, deleted ones included.
func readTerms(t *testing.T, s segapi.Segment, field, from, to string) (terms []string, postings [][]segapi.Posting) {
	t.Helper()
	dict, err := s.Dictionary(field)
	if err != nil {
		t.Fatal(err)
	}
	var end []byte
	if to != "" {
		end = []byte(to)
	}
	it := dict.AutomatonIterator(nil, []byte(from), end)
	for {
		entry, err := it.Next()
		if err != nil {
			t.Fatal(err)
		}
		if entry == nil {
			return terms, postings
		}
		list, err := dict.PostingsList([]byte(entry.Term), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		var all []segapi.Posting
		for n := range list.Count() {
			// An iterator gives the same posting again and again, so each is read by one of its own.
			each := list.Iterator(true, true, true, nil)
			var p segapi.Posting
			for range n + 1 {
				if p, err = each.Next(); err != nil || p == nil {
					t.Fatal(fmt.Errorf("posting %d of %q: %v, %w", n, entry.Term, p, err))
				}
			}
			all = append(all, p)
		}
		terms, postings = append(terms, entry.Term), append(postings, all)
	}
}

func scores(t *testing.T, x *Index, r api.IndexReader, q query.Query) map[uint64]float64 {
	t.Helper()
	s, err := q.Searcher(t.Context(), r, x.b.Mapping(), search.SearcherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sctx := &search.SearchContext{DocumentMatchPool: search.NewDocumentMatchPool(s.DocumentMatchPoolSize()+1, 0), IndexReader: r}
	found := map[uint64]float64{}
	for {
		m, err := s.Next(sctx)
		if err != nil {
			t.Fatal(err)
		}
		if m == nil {
			break
		}
		found[m.IndexInternalID.Value()] = m.Score
		sctx.DocumentMatchPool.Put(m)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return found
}
