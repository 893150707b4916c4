package search

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"headwater/internal/news"
)

// queryContext is the context of a query besides an article's own content. The compiler for the index and the view of a single
// article share it.
type queryContext struct {
	now     time.Time
	stories *storySnapshot
	marks   news.Marks
	feeds   []news.Feed
	langs   []string // languages of the articles in the index
}

// docView is one article in the form of the index. A query can be matched against it without an index.
type docView struct {
	queryContext
	row      row
	fields   map[string]*fieldWords
	keys     map[string]bool
	lang     string   // lower case; selects the stop words
	stemmer  language // of the article's language; without a stem function if the language has no stemmer
	stems    map[string]string
	anyStory bool // match returns depends for conditions on the article's story
}

// newDocView splits an article into words and keys.
func newDocView(x *Index, a news.Article, q queryContext) *docView {
	doc := makeDocument(a, x.options.Shown(a), x.options.Credits(a))
	v := &docView{
		queryContext: q, row: row{id: a.ID, time: secondsOf(max(timeOf(a).Unix(), 0))},
		fields: map[string]*fieldWords{}, keys: map[string]bool{}, stems: map[string]string{}, lang: strings.ToLower(a.Lang),
	}
	for _, f := range doc.Fields {
		switch f := f.(type) {
		case *textField:
			v.fields[f.name] = cutWords(f.texts...)
		case *keyField:
			for _, t := range f.terms {
				if f.name == fieldKey {
					v.keys[t] = true
				}
			}
		}
	}
	v.stemmer = languages[stemmerLang(v.lang)]
	v.langs = append(x.forward.languages(), v.lang)
	return v
}

// The prefixes of anchors: keys that an article has and that a query needs. Exact terms have the prefixes of the index.
const (
	anchorWord  = "w:" // a word of any field
	anchorStem  = "st:"
	anchorStart = "p:" // the first three letters of a word
)

// anchors returns all keys of the article that may be anchors of a query.
func (v *docView) anchors() iter.Seq[string] {
	return func(yield func(string) bool) {
		for key := range v.keys {
			if !yield(key) {
				return
			}
		}
		for name, field := range v.fields {
			for term := range field.positions {
				if !yield(anchorWord + term) {
					return
				}
				if start, ok := threeLetters(term); ok && !yield(anchorStart+start) {
					return
				}
				if content := name == fieldTitle || name == fieldBody; content && v.stemmer.stem != nil && isStemmable(term) && !yield(anchorStem+v.stemOf(term)) {
					return
				}
			}
		}
	}
}

func (v *docView) stemOf(term string) string {
	stem, ok := v.stems[term]
	if !ok {
		stem = v.stemmer.stem(term)
		v.stems[term] = stem
	}
	return stem
}

// hasForm reports whether a field has another word with the same stem in the article's language.
func (v *docView) hasForm(in *fieldWords, term string) bool {
	if v.stemmer.stem == nil || !isStemmable(term) {
		return false
	}
	class, ok := classOf(term, v.stemOf(term))
	if !ok {
		return false
	}
	if in.byStem == nil {
		in.byStem = make(map[string][]string, len(in.sorted))
		for _, word := range in.sorted {
			stem := v.stemOf(word)
			in.byStem[stem] = append(in.byStem[stem], word)
		}
	}
	return slices.ContainsFunc(in.byStem[class.stem], class.mayHold)
}

// fieldWords is a field split into words.
type fieldWords struct {
	positions map[string][]int32  // of each word
	sorted    []string            // the words
	byStem    map[string][]string // made by the first call of hasForm
}

func cutWords(texts ...string) *fieldWords {
	var w words
	for i, text := range texts {
		if i > 0 {
			w.gap()
		}
		w.add(text)
	}
	positions, folded := make(map[string][]int32, len(w.list)), string(w.folded)
	for _, t := range w.list {
		term := folded[t.from:t.to]
		positions[term] = append(positions[term], t.pos)
	}
	return &fieldWords{positions: positions, sorted: slices.Sorted(maps.Keys(positions))}
}

// hasPrefix reports whether a word begins with prefix, or is the prefix without its plural s.
func (f *fieldWords) hasPrefix(prefix string) bool {
	if f.positions[wholeWord(prefix)] != nil {
		return true
	}
	i, _ := slices.BinarySearch(f.sorted, prefix)
	return i < len(f.sorted) && strings.HasPrefix(f.sorted[i], prefix)
}

// hasPhrase reports whether the terms occur in a row. With prefix the last term may be the beginning of a word.
func (f *fieldWords) hasPhrase(terms []string, prefix bool) bool {
	last := len(terms) - 1
	at := func(i int) []int32 {
		positions := f.positions[terms[i]]
		if !prefix || i < last {
			return positions
		}
		for k, _ := slices.BinarySearch(f.sorted, terms[i]); k < len(f.sorted) && strings.HasPrefix(f.sorted[k], terms[i]); k++ {
			positions = append(slices.Clone(positions), f.positions[f.sorted[k]]...)
		}
		return positions
	}
	for _, first := range at(0) {
		n := 1
		for n <= last && slices.Contains(at(n), first+int32(n)) {
			n++
		}
		if n > last {
			return true
		}
	}
	return false
}

// hasSimilar reports whether a word differs from a term in at most that many letters, but not in the first one.
func (f *fieldWords) hasSimilar(term string, letters int) bool {
	first, _ := utf8.DecodeRuneInString(term)
	want := []rune(term)
	for word := range f.positions {
		if r, _ := utf8.DecodeRuneInString(word); r == first && distance([]rune(word), want) <= letters {
			return true
		}
	}
	return false
}

// threeLetters returns the first three characters of a word, or false if the word has fewer.
func threeLetters(word string) (string, bool) {
	n := 0
	for i := range word {
		if n == 3 {
			return word[:i], true
		}
		n++
	}
	return word, n == 3 && utf8.ValidString(word)
}

// closestName returns the name with the smallest difference from s, at most two letters. It returns "" if there is none.
func closestName(s string, names []string) string {
	best, least := "", 3
	for _, name := range names {
		if d := distance([]byte(s), []byte(name)); d < least && d < len(name) {
			best, least = name, d
		}
	}
	return best
}

// distance returns the number of letters to insert, delete, change or swap with the next one to turn a into b (optimal string
// alignment). Bleve's fuzzy queries use the same distance.
func distance[T comparable](a, b []T) int {
	rows := make([][]int, 3) // of the last positions in a, the most recent first
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := range a {
		rows[0], rows[1], rows[2] = rows[2], rows[0], rows[1]
		row, above := rows[0], rows[1]
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(above[j]+cost, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], rows[2][j-1]+1)
			}
		}
	}
	return rows[0][len(b)]
}
