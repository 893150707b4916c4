package search

import (
	"context"
	"fmt"
	"math"
	"slices"

	segapi "github.com/blevesearch/scorch_segment_api/v2"
)

// wanted is a text that is looked for in the segments of the index.
type wanted struct {
	text   text
	fields []scope
	langs  []string // of the articles in the index; nil where other forms of a word do not count
}

// scope is a field and how much a word in it says.
type scope struct {
	field string
	boost float32
}

// prefixWords is the length of a text in which a beginning says as much as a word that stands there once. To read how often each of
// the words that it stands for occurs would take ten times as long.
const prefixWords = 4 * evenLength

// key tells what is wanted from anything else.
func (w wanted) key() string {
	return fmt.Sprintf("%v %t %t %q %q", w.fields, w.begins(), w.text.plain(), w.text.wordsInRow(), w.langs)
}

// wordsInRow gives the words as they are indexed. The last character of a run stands in the pair before it, and is left out.
func (t text) wordsInRow() []string {
	terms, list := t.terms(), t.words.list
	if n := len(list); n > 1 && list[n-1].single && list[n-2].pos == list[n-1].pos-1 && list[n-2].end == list[n-1].end {
		return terms[:n-1]
	}
	return terms
}

// form is a word to look for, in articles of some languages; nil is all.
type form struct {
	term  string
	langs []string
}

// read finds the text in a segment.
func (w wanted) read(ctx context.Context, s segapi.Segment, langs []int32, names []string) (*hitList, error) {
	all := newSums(len(langs))
	for _, f := range w.fields {
		dict, err := s.Dictionary(f.field)
		if err != nil {
			return nil, err
		}
		if err := w.readField(ctx, fieldIn{dict, f, langs, names}, all); err != nil {
			return nil, err
		}
	}
	return all.list(), nil
}

// fieldIn is a field of a segment.
type fieldIn struct {
	segapi.TermDictionary
	scope
	langs []int32  // of each document, places in names
	names []string // of the languages
}

func (w wanted) readField(ctx context.Context, in fieldIn, all *sums) error {
	row := w.text.wordsInRow()
	if len(row) == 1 {
		list, err := w.forms(ctx, in, row[0])
		if err != nil {
			return err
		}
		return in.each(ctx, list, w.begins(), all.add)
	}
	if !w.text.prefix {
		return in.phrase(ctx, row, all.add)
	}
	// "COVID-1*" and the like: the words before the last in a row, the beginning anywhere.
	last := len(row) - 1
	list, err := in.beginning(ctx, row[last])
	if err != nil {
		return err
	}
	tail := newSums(len(in.langs))
	if err := in.each(ctx, list, true, tail.add); err != nil {
		return err
	}
	ends := tail.list()
	return in.phrase(ctx, row[:last], func(doc uint64, weight float32) {
		if _, found := slices.BinarySearch(ends.docs, uint32(doc)); found {
			all.add(doc, weight)
		}
	})
}

// begins says whether the last word stands for all that begin so. A single character stands for the pairs that it begins.
func (w wanted) begins() bool { return w.text.begins() }

// forms gives the words of a field that one word of a query stands for.
func (w wanted) forms(ctx context.Context, in fieldIn, term string) ([]form, error) {
	if w.begins() {
		return in.beginning(ctx, term)
	}
	own := form{term: term}
	if w.langs == nil || !w.text.plain() {
		return []form{own}, nil
	}
	others, err := otherForms(in, term, w.langs)
	return append(others, own), err
}

// beginning gives the words of a field that begin so. A beginning may also be a whole word, which has lost its plural s.
func (in fieldIn) beginning(ctx context.Context, prefix string) ([]form, error) {
	var list []form
	err := in.eachWord(prefix, func(word string) (more bool, err error) {
		list = append(list, form{term: word})
		if len(list)%1024 == 0 {
			err = context.Cause(ctx)
		}
		return true, err
	})
	if whole := wholeWord(prefix); whole != prefix {
		list = append(list, form{term: whole})
	}
	return list, err
}

// eachWord calls take with the words of a field that begin so, in order, until it says that it wants no more.
func (in fieldIn) eachWord(prefix string, take func(word string) (more bool, err error)) error {
	end := []byte(prefix)
	for len(end) > 0 && end[len(end)-1] == math.MaxUint8 {
		end = end[:len(end)-1]
	}
	if len(end) > 0 {
		end[len(end)-1]++
	}
	words := in.AutomatonIterator(nil, []byte(prefix), end)
	for {
		entry, err := words.Next()
		if err != nil || entry == nil {
			return err
		}
		more, err := take(entry.Term)
		if err != nil || !more {
			return err
		}
	}
}

// each calls take with each document that holds one of the words, and what it says there.
func (in fieldIn) each(ctx context.Context, list []form, evenly bool, take func(doc uint64, weight float32)) error {
	var postings segapi.PostingsList
	var places segapi.PostingsIterator
	for _, f := range list {
		var err error
		if postings, err = in.PostingsList([]byte(f.term), nil, postings); err != nil {
			return err
		}
		places = postings.Iterator(!evenly, !evenly, false, places)
		counts := in.speaks(f.langs)
		for n := 0; ; n++ {
			if n%4096 == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			at, err := places.Next()
			if err != nil {
				return err
			}
			if at == nil {
				break
			}
			switch doc := at.Number(); {
			case !counts(doc):
			case evenly:
				take(doc, in.boost/float32(math.Sqrt(prefixWords)))
			default:
				take(doc, in.weight(at))
			}
		}
	}
	return nil
}

func (in fieldIn) weight(at segapi.Posting) float32 {
	return in.boost * float32(math.Sqrt(float64(at.Frequency()))*at.Norm())
}

// speaks gives whether a document is in one of the languages; nil is any.
func (in fieldIn) speaks(langs []string) func(doc uint64) bool {
	if langs == nil {
		return func(uint64) bool { return true }
	}
	spoken := make([]bool, len(in.names))
	for i, name := range in.names {
		spoken[i] = slices.Contains(langs, stemmedAs(name))
	}
	return func(doc uint64) bool { return spoken[in.langs[doc]] }
}
