package search

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	api "github.com/blevesearch/bleve_index_api"

	"headwater/internal/news"
)

// The fields of a document. Bleve's stored mapping is static and empty, because documents are made here field by field.
const (
	fieldTitle  = "title"
	fieldBody   = "body"
	fieldAuthor = "author"
	fieldOutlet = "outlet" // words of the outlet's name
	fieldCredit = "credit" // words of the names of credited outlets
	fieldKey    = "key"    // exact terms, distinguished by the prefixes below; one field costs less than one for each prefix
	fieldTime   = "time"   // seconds since 1970, only for ordering
)

// The prefixes of exact terms.
const (
	keySite   = "s:" // the outlet's domain and its leading labels: reuters.com, reuters
	keyCredit = "c:" // the same for credited outlets
	keyLang   = "l:"
	keyFeed   = "f:"
	keyDay    = "d:" // 20260818, in UTC
	keyTag    = "t:" // a category
	keyURL    = "u:" // a word of the address
	keyOutlet = "o:" // the outlet's name and domain, for facets
)

const (
	textOptions = api.IndexField | api.IncludeTermVectors // neither stored nor with doc values: 3.5 KB per article instead of 13
	keyOptions  = api.IndexField | api.SkipFreqNorm
	timeOptions = keyOptions | api.DocValues
)

// lengthOffset is added to the length of a body before bleve divides by its root. Without it a summary of ten words would score
// five times as much as an article of three hundred words for the same word.
const lengthOffset = 100

// makeDocument returns the document for an article. Bleve's workers analyse it. shown is text that readers see in addition to
// the body. It is indexed after the body, with offsets as in Index.IndexedText.
func makeDocument(a news.Article, shown string, credits []news.Outlet) *document.Document {
	d := document.NewDocument(docID(a.ID))
	d.AddField(newText(fieldTitle, lengthOffset/10, a.Title))
	body := newText(fieldBody, lengthOffset, a.Body())
	if shown != "" {
		body.texts, body.running = append(body.texts, shown), true
	}
	d.AddField(body)
	if len(a.Authors) > 0 {
		d.AddField(newText(fieldAuthor, 0, a.Authors...))
	}
	if a.Outlet.Name != "" {
		d.AddField(newText(fieldOutlet, 0, a.Outlet.Name))
	}
	keys := appendSites(nil, keySite, a.Outlet.Domain)
	var names []string
	for _, o := range credits {
		keys = appendSites(keys, keyCredit, o.Domain)
		if o.Name != "" {
			names = append(names, o.Name)
		}
	}
	if len(names) > 0 {
		d.AddField(newText(fieldCredit, 0, names...))
	}
	keys = append(append(keys, tagTerms(a.Categories)...), urlTerms(a.URL)...)
	if name := outletTerm(a.Outlet); name != "" {
		keys = append(keys, keyOutlet+name)
	}
	keys = append(keys, keyFeed+strconv.FormatInt(a.FeedID, 10))
	if a.Lang != "" {
		keys = append(keys, keyLang+strings.ToLower(a.Lang))
	}
	if t := timeOf(a); !t.IsZero() {
		keys = append(keys, keyDay+dayTerm(t))
		d.AddField(&keyField{field{name: fieldTime, options: timeOptions}, []string{fmt.Sprintf("%012d", max(t.Unix(), 0))}})
	}
	d.AddField(&keyField{field{name: fieldKey, options: keyOptions}, keys})
	return d
}

// timeOf returns the publication time for searches by date and for ordering. It is zero if the time is unknown.
func timeOf(a news.Article) time.Time {
	if a.Undated {
		return time.Time{}
	}
	return a.Time()
}

// bodySeparator separates an article's body from the additional shown text. Offsets count it.
const bodySeparator = "\n\n"

// outletTerm returns the outlet's name, a line feed and its domain.
func outletTerm(o news.Outlet) string {
	if o.Name == "" && o.Domain == "" {
		return ""
	}
	return trimName(o.Name) + "\n" + strings.ToLower(o.Domain)
}

func trimName(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\n", " ")
	if r := []rune(s); len(r) > 100 {
		return string(r[:100])
	}
	return s
}

func docID(id int64) string { return strconv.FormatInt(id, 10) }

const dayLayout = "20060102"

func dayTerm(t time.Time) string { return t.UTC().Format(dayLayout) }

// appendSites adds a domain and each of its beginnings: reuters and reuters.com; bbc, bbc.co and bbc.co.uk.
func appendSites(keys []string, prefix, domain string) []string {
	domain = strings.ToLower(domain)
	for i := range domain {
		if domain[i] == '.' && i > 0 {
			keys = append(keys, prefix+domain[:i])
		}
	}
	if domain != "" {
		keys = append(keys, prefix+domain)
	}
	return keys
}

// tagTerms returns the keys of tags. Each tag has a key of its words, so case and punctuation are ignored, and a key with its
// signs if it has any.
func tagTerms(tags []string) (terms []string) {
	for _, tag := range tags {
		var plain words
		plain.add(tag)
		signed := plain
		signed.list = slices.Clone(plain.list)
		signed.keepMostSpecific(false)
		plain.dropVariants()
		for _, w := range []words{plain, signed} {
			if term := keyTag + strings.Join(w.terms(), " "); term != keyTag && len(term) < 4*maxTerm && !slices.Contains(terms, term) {
				terms = append(terms, term)
			}
		}
	}
	return terms
}

// urlTerms returns a key for each of the first 32 words of an address.
func urlTerms(url string) (terms []string) {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
	}
	list := cutTerms(url)
	for _, term := range list[:min(len(list), 32)] {
		if term = keyURL + term; !slices.Contains(terms, term) {
			terms = append(terms, term)
		}
	}
	return terms
}

// field implements what bleve's field interface asks of both kinds of fields. Nothing is stored but terms, and fields are flat.
type field struct {
	name    string
	options api.FieldIndexingOptions
	freqs   api.TokenFrequencies // set by the analysis
}

func (f *field) Name() string { return f.name }

func (f *field) Value() []byte { return nil }

func (f *field) ArrayPositions() []uint64 { return nil }

// EncodedFieldType is bleve's letter for the type.
func (f *field) EncodedFieldType() byte { return 't' }

func (f *field) Options() api.FieldIndexingOptions { return f.options }

func (f *field) AnalyzedTokenFrequencies() api.TokenFrequencies { return f.freqs }

// textField is a text split into words, which are indexed with their positions. It replaces bleve's own type, which makes
// several allocations per word.
type textField struct {
	field
	texts        []string
	running      bool // offsets continue from text to text, with a bodySeparator between
	lengthOffset int  // added to the length used for relevance
	length       int  // set by the analysis
}

func newText(name string, lengthOffset int, texts ...string) *textField {
	return &textField{field: field{name: name, options: textOptions}, texts: texts, lengthOffset: lengthOffset}
}

// AnalyzedLength is the number of words used for relevance.
func (f *textField) AnalyzedLength() int { return f.length }

// NumPlainTextBytes is for bleve's statistics.
func (f *textField) NumPlainTextBytes() uint64 { return uint64(f.Size()) }

// Size is for bleve's statistics.
func (f *textField) Size() int {
	n := 0
	for _, t := range f.texts {
		n += len(t)
	}
	return n
}

// The texts are split into words by one of bleve's workers. All terms share one string, and all locations one array.
func (f *textField) Analyze() {
	size := f.Size()
	w := words{folded: make([]byte, 0, size+size/16+8), list: make([]word, 0, size/5+4)}
	before := 0
	for i, text := range f.texts {
		if i > 0 {
			w.gap()
		}
		first := len(w.list)
		w.add(text)
		for k := first; f.running && k < len(w.list); k++ {
			w.list[k].start, w.list[k].end = w.list[k].start+int32(before), w.list[k].end+int32(before)
		}
		before += len(text) + len(bodySeparator)
	}
	f.length = w.count + f.lengthOffset

	folded := string(w.folded)
	ids := make(map[string]int32, len(w.list)/2+1)
	var terms []string
	var counts []int32
	of := make([]int32, len(w.list))
	for i, t := range w.list {
		term := folded[t.from:t.to]
		id, ok := ids[term]
		if !ok {
			id = int32(len(terms))
			ids[term] = id
			terms, counts = append(terms, term), append(counts, 0)
		}
		counts[id]++
		of[i] = id
	}
	freqs, places := make([]api.TokenFreq, len(terms)), make([]*api.TokenLocation, len(w.list))
	f.freqs = make(api.TokenFrequencies, len(terms))
	next := int32(0)
	for id, term := range terms {
		freq := &freqs[id]
		freq.SetFrequency(int(counts[id]))
		freq.Locations = places[next : next : next+counts[id]]
		next += counts[id]
		f.freqs[term] = freq
	}
	locations := make([]api.TokenLocation, len(w.list))
	for i, t := range w.list {
		l := &locations[i]
		l.Start, l.End, l.Position = int(t.start), int(t.end), int(t.pos)
		freq := &freqs[of[i]]
		freq.Locations = append(freq.Locations, l)
	}
}

// keyField is a set of exact terms.
type keyField struct {
	field
	terms []string
}

// AnalyzedLength is the number of terms.
func (f *keyField) AnalyzedLength() int { return len(f.terms) }

// NumPlainTextBytes is for bleve's statistics.
func (f *keyField) NumPlainTextBytes() uint64 { return 0 }

// Size is for bleve's statistics.
func (f *keyField) Size() int { return 16 * len(f.terms) }

// The terms are indexed unchanged.
func (f *keyField) Analyze() {
	f.freqs = make(api.TokenFrequencies, len(f.terms))
	freqs := make([]api.TokenFreq, len(f.terms))
	for i, t := range f.terms {
		f.freqs[t] = &freqs[i]
	}
}
