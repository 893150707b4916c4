package search

import (
	"context"
	"fmt"
	"math"
	"slices"

	segapi "github.com/blevesearch/scorch_segment_api/v2"

	"headwater/internal/news"
)

// wordQuery is what a query searches for in fields: a word with its forms, the beginning of words, or words in a row.
type wordQuery struct {
	terms  []string // in a row
	prefix bool     // the last term is the beginning of words
	forms  bool     // forms of the word in langs count too
	langs  []string
	scopes []scope
}

// scope is a field and the weight of a word in it.
type scope struct {
	field string
	boost float32
	lead  bool // only its first leadWords words
}

// leadWords is the length of an article's lead in words, or in characters of scripts without spaces.
const leadWords = 60

// inLead returns the query for headline and lead.
func (w wordQuery) inLead() wordQuery {
	scopes := make([]scope, len(w.scopes))
	for i, s := range w.scopes {
		s.lead = s.field == fieldBody
		scopes[i] = s
	}
	w.scopes = scopes
	return w
}

// prefixLength is the length of a text in which a prefix has the same weight as a word that occurs once. Reading the frequency
// of each word with the prefix would take ten times as long.
const prefixLength = 4 * lengthOffset

// key identifies the query.
func (w wordQuery) key() string {
	return fmt.Sprintf("%v %t %t %q %q", w.scopes, w.prefix, w.forms, w.terms, w.langs)
}

// read finds the words in a segment. langs are the languages of its documents, as indexes of names.
func (w wordQuery) read(ctx context.Context, s segapi.Segment, langs []int32, names []string) (*hitList, error) {
	total, last := newWeights(len(langs)), len(w.terms)-1
	for _, f := range w.scopes {
		dict, err := s.Dictionary(f.field)
		if err != nil {
			return nil, err
		}
		in := fieldReader{dict, f, langs, names}
		if last > 0 && !w.prefix {
			if err := in.readPhrase(ctx, w.terms, total.add); err != nil {
				return nil, err
			}
			continue
		}
		list, err := w.expand(ctx, in)
		if err != nil {
			return nil, err
		}
		if last == 0 {
			if err := in.readForms(ctx, list, w.prefix, total.add); err != nil {
				return nil, err
			}
			continue
		}
		// For queries such as new-yor*: the words before the last must be in a row, the prefix may be anywhere.
		withPrefix := newWeights(len(langs))
		if err := in.readForms(ctx, list, true, withPrefix.add); err != nil {
			return nil, err
		}
		ends := withPrefix.list()
		err = in.readPhrase(ctx, w.terms[:last], func(doc uint64, weight float32) {
			if _, found := slices.BinarySearch(ends.docs, uint32(doc)); found {
				total.add(doc, weight)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return total.list(), nil
}

// wordForm is a word to search for, in articles of some languages. Nil means all languages.
type wordForm struct {
	term  string
	langs []string
}

// expand returns the words of a field for which the last term stands. With prefix these are the words that begin with it, and
// otherwise the word and its forms. A prefix may also be a whole word, which is indexed without its plural s.
func (w wordQuery) expand(ctx context.Context, in fieldReader) ([]wordForm, error) {
	var list []wordForm
	term := w.terms[len(w.terms)-1]
	if !w.prefix {
		if w.forms {
			var err error
			if list, err = in.otherForms(term, w.langs); err != nil {
				return nil, err
			}
		}
		return append(list, wordForm{term: term}), nil
	}
	err := in.eachWord(term, func(word string) (more bool, err error) {
		list = append(list, wordForm{term: word})
		if len(list)%1024 == 0 {
			err = context.Cause(ctx)
		}
		return true, err
	})
	if whole := wholeWord(term); whole != term {
		list = append(list, wordForm{term: whole})
	}
	return list, err
}

// maxForms is the maximum number of other forms of a word in a segment.
const maxForms = 24

// fieldReader reads a field of a segment.
type fieldReader struct {
	segapi.TermDictionary
	scope
	langs []int32  // language of each document, as an index of names
	names []string // of the languages
}

// otherForms returns the words of the field that have the same stem as a term in a language. They count in articles of that
// language. The forms are looked up in the dictionary instead of storing stems. This needs no space, keeps prefixes and phrases
// exact, and does not require a guess of the query's language.
func (in fieldReader) otherForms(term string, langs []string) (others []wordForm, err error) {
	if !isStemmable(term) {
		return nil, nil
	}
	var done []string
	for _, lang := range langs {
		lang = stemmerLang(lang)
		l, ok := languages[lang]
		if !ok || slices.Contains(done, lang) {
			continue
		}
		done = append(done, lang)
		class, ok := classOf(term, l.stem(term))
		if !ok {
			continue
		}
		err = in.eachWord(class.prefix, func(word string) (bool, error) {
			if word == term || !class.mayHold(word) || l.stem(word) != class.stem {
				return true, nil
			}
			if i := slices.IndexFunc(others, func(f wordForm) bool { return f.term == word }); i >= 0 {
				others[i].langs = append(others[i].langs, lang)
				return true, nil
			}
			others = append(others, wordForm{word, []string{lang}})
			return len(others) < maxForms, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return others, nil
}

// eachWord calls take with the words of the field that begin with prefix, in order, until take returns false.
func (in fieldReader) eachWord(prefix string, take func(word string) (more bool, err error)) error {
	return in.eachCount(prefix, func(word string, _ uint64) (bool, error) { return take(word) })
}

// eachCount is eachWord with the number of documents of each word, deleted ones included.
func (in fieldReader) eachCount(prefix string, take func(word string, count uint64) (more bool, err error)) error {
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
		more, err := take(entry.Term, entry.Count)
		if err != nil || !more {
			return err
		}
	}
}

// readForms calls add with each document that has one of the words, and its weight. With evenly all weights are equal.
func (in fieldReader) readForms(ctx context.Context, list []wordForm, evenly bool, add func(doc uint64, weight float32)) error {
	var postings segapi.PostingsList
	var iterator segapi.PostingsIterator
	for _, f := range list {
		var err error
		if postings, err = in.PostingsList([]byte(f.term), nil, postings); err != nil {
			return err
		}
		iterator = postings.Iterator(!evenly, !evenly, in.lead, iterator)
		inLangs := in.inLangs(f.langs)
		for n := 0; ; n++ {
			if n%4096 == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			p, err := iterator.Next()
			if err != nil {
				return err
			}
			if p == nil {
				break
			}
			switch doc := p.Number(); {
			case !inLangs(doc):
			case in.lead && p.Locations()[0].Pos() > leadWords:
			case evenly:
				add(doc, in.boost/float32(math.Sqrt(prefixLength)))
			default:
				add(doc, in.boost*float32(math.Sqrt(float64(p.Frequency()))*p.Norm()))
			}
		}
	}
	return nil
}

// inLangs returns a function that reports whether a document is in one of the languages. Nil means any language.
func (in fieldReader) inLangs(langs []string) func(doc uint64) bool {
	if langs == nil {
		return func(uint64) bool { return true }
	}
	wanted := make([]bool, len(in.names))
	for i, name := range in.names {
		wanted[i] = slices.Contains(langs, stemmerLang(name))
	}
	return func(doc uint64) bool { return wanted[in.langs[doc]] }
}

// readPhrase calls add with each document that has the words in a row, and its weight.
func (in fieldReader) readPhrase(ctx context.Context, terms []string, add func(doc uint64, weight float32)) error {
	join, err := in.join(terms)
	if err != nil || join == nil {
		return err
	}
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if more, err := join.next(0); err != nil || !more {
			return err
		}
		spans, first := join.phrases()
		if times := len(spans) / len(terms); times > 0 && (!in.lead || first <= leadWords) {
			add(join.at[0].Number(), in.boost*float32(math.Sqrt(float64(times))*join.at[0].Norm()))
		}
	}
}

// postingsJoin iterates over the documents that have all of several words.
type postingsJoin struct {
	words []segapi.PostingsIterator
	at    []segapi.Posting
}

// join returns nil if a word is in no document. If bleve has the documents of all words as bitmaps, the bitmaps are intersected
// first, so that positions are not read for other documents.
func (in fieldReader) join(terms []string) (*postingsJoin, error) {
	j := &postingsJoin{at: make([]segapi.Posting, len(terms))}
	var bitmaps []segapi.OptimizablePostingsIterator
	for _, term := range terms {
		postings, err := in.PostingsList([]byte(term), nil, nil)
		if err != nil || postings.Count() == 0 {
			return nil, err
		}
		iterator := postings.Iterator(true, true, true, nil)
		j.words = append(j.words, iterator)
		if b, ok := iterator.(segapi.OptimizablePostingsIterator); ok && b.ActualBitmap() != nil {
			bitmaps = append(bitmaps, b)
		}
	}
	if len(bitmaps) == len(terms) {
		both := bitmaps[0].ActualBitmap().Clone()
		for _, b := range bitmaps[1:] {
			both.And(b.ActualBitmap())
		}
		for _, b := range bitmaps {
			b.ReplaceActual(both)
		}
	}
	return j, nil
}

// next advances to the next document that is not before doc. It returns false at the end.
func (j *postingsJoin) next(doc uint64) (bool, error) {
	var err error
	if j.at[0], err = j.words[0].Advance(doc); err != nil || j.at[0] == nil {
		return false, err
	}
	for i := 1; i < len(j.words); i++ {
		doc := j.at[0].Number()
		if j.at[i] == nil || j.at[i].Number() < doc {
			if j.at[i], err = j.words[i].Advance(doc); err != nil || j.at[i] == nil {
				return false, err
			}
		}
		if j.at[i].Number() == doc {
			continue
		}
		if j.at[0], err = j.words[0].Advance(j.at[i].Number()); err != nil || j.at[0] == nil {
			return false, err
		}
		i = 0
	}
	return true, nil
}

// phrases returns the spans of each word at all places where the words occur in a row, and the first of these positions.
func (j *postingsJoin) phrases() (spans []news.Span, start uint64) {
	next := make([]int, len(j.at))
	for _, first := range j.at[0].Locations() {
		n := 1
		for ; n < len(j.at); n++ {
			locations, want := j.at[n].Locations(), first.Pos()+uint64(n)
			for next[n] < len(locations) && locations[next[n]].Pos() < want {
				next[n]++
			}
			if next[n] == len(locations) || locations[next[n]].Pos() != want {
				break
			}
		}
		if n < len(j.at) {
			continue
		}
		if spans == nil {
			start = first.Pos()
		}
		spans = append(spans, spanOf(first))
		for n := 1; n < len(j.at); n++ {
			spans = append(spans, spanOf(j.at[n].Locations()[next[n]]))
		}
	}
	return spans, start
}

func spanOf(l segapi.Location) news.Span { return news.Span{Start: int(l.Start()), End: int(l.End())} }
