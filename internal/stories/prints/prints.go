// Package prints makes the fingerprint of an article's own prose: winnowed shingles with the quotations masked, and the
// stemmed words by which short items are compared.
package prints

import (
	"math"
	"slices"

	"headwater/internal/news"
)

const (
	shingleWords  = 5   // words a shingle
	unspacedWords = 9   // characters a shingle, for scripts written without spaces
	winnowWindow  = 8   // w of Winnow
	sparseWindow  = 16  // the same for a sampled text: what it selects a window of 8 selects too
	wholeShingles = 400 // shingles beyond which a text is sampled
	leadWords     = 60  // the opening that rewriters change and copiers keep
	openingWords  = 120
	termWords     = 200 // of the body, from which terms are taken
	minBodyWords  = 8
	gramLength    = 4 // characters
)

// Make fingerprints an article. Headline is its title as compared, without an outlet's name at its end.
func Make(a news.Article, headline string) Print {
	room, title, body := borrow(headline, a.Body())
	defer room.back()
	p := Print{Words: len(body), Headline: whole(unslugged(headline, title)), Grams: grams(headline, title)}
	if len(body) >= minBodyWords {
		p.Body = whole(body)
	}
	shingle(&p, body, quotes(a, len(body) > 0), room.hashes)
	t := terms{stem: stemmer(a.Lang), lang: hash32([]byte(a.Lang)), uses: make(map[uint32]uint8, min(len(title)+len(body), termWords))}
	t.add(headline, title, TermTitle)
	p.Title = t.sorted()
	t.add(a.Body(), body[:min(len(body), leadWords)], TermOpening)
	t.add(a.Body(), body[min(len(body), leadWords):min(len(body), termWords)], 0)
	if p.Sampled {
		t.pairs = sample(t.pairs)
	}
	p.Terms, p.Pairs = t.sorted(), sorted(t.pairs)
	p.Uses = t.usesOf(p.Terms)
	p.Figures = figures(title, body[:min(len(body), openingWords)])
	p.Frames = frames(headline, title)
	opening := leadWords
	if mostlyUnspaced(body) {
		opening = unspacedNames
	}
	p.Names = sorted(appendNames(appendNames(nil, headline, title), a.Body(), body[:min(len(body), opening)]))
	p.Pictures = pictures(a)
	return p
}

// unslugged gives the words of a headline without an agency's slug before it.
func unslugged(headline string, title []token) []token {
	_, rest := Slug(headline)
	return title[before(title, len(headline)-len(rest)):]
}

// quotes gives the quoted spans of the body in order, none where the body is the summary, whose marks we do not have.
func quotes(a news.Article, hasBody bool) []news.Mark {
	if !hasBody || a.Text == "" {
		return nil
	}
	var q []news.Mark
	for _, m := range a.Marks {
		if m.Kind == news.MarkQuote && m.End > m.Start {
			q = append(q, m)
		}
	}
	slices.SortFunc(q, func(a, b news.Mark) int { return a.Start - b.Start })
	return q
}

// shingle fills in the shingles of p, sorted by whether they touch a quotation. Own has room for them, and is not kept.
func shingle(p *Print, body []token, quoted []news.Mark, own []uint32) {
	k := shingleWords
	if mostlyUnspaced(body) {
		k = unspacedWords
	}
	if len(body) < k {
		return
	}
	inside := insideQuotes(body, quoted)
	var places []uint64 // of sampled hashes, those above
	touch := -1         // the last quoted token seen
	for i := range body {
		if inside != nil && inside[i] {
			touch = i
		}
		if i < k-1 {
			continue
		}
		h := shingleHash(body[i-k+1 : i+1])
		if touch > i-k && touch >= 0 {
			p.Quoted = append(p.Quoted, h)
			continue
		}
		own = append(own, h)
		if SampledShingle(h) {
			places = append(places, uint64(h)<<16|uint64(min(i, math.MaxUint16)))
		}
		if i < leadWords {
			p.Lead = append(p.Lead, h)
		}
	}
	w := winnowWindow
	if p.Sampled = len(own)+len(p.Quoted) > wholeShingles; p.Sampled {
		w = sparseWindow
	}
	p.Picked = sorted(Winnow(own, w))
	if p.Sampled {
		own, p.Quoted, p.Lead = sample(own), sample(p.Quoted), sample(p.Lead)
	}
	own = distinct(own)
	p.Shingles = append(make([]uint32, 0, len(own)), own...)
	p.Quoted, p.Lead = sorted(p.Quoted), sorted(p.Lead)
	p.Places = firstPlaces(places)
}

// firstPlaces gives the first place of each hash, in the order of the hashes.
func firstPlaces(places []uint64) []uint16 {
	if len(places) == 0 {
		return nil
	}
	sortHashes(places, 32+16)
	places = slices.CompactFunc(places, func(a, b uint64) bool { return a>>16 == b>>16 })
	out := make([]uint16, len(places))
	for i, x := range places {
		out[i] = uint16(x)
	}
	return out
}

func shingleHash(ts []token) uint32 {
	h := uint64(0xcbf29ce484222325)
	for _, t := range ts {
		h = (h ^ uint64(t.hash)) * 0x9e3779b97f4a7c15
	}
	return short(uint32(mix64(h)), shingleBits)
}

// Of the hashes only as many bits are kept as tell the hashes of two articles apart: the window holds hundreds an article.
// Two long texts share a sampled shingle by chance once in three thousand pairs.
const (
	shingleBits = 28
	termBits    = 26
	pairBits    = 24
	gramBits    = 20
)

// short keeps the highest bits of a hash, which is where samples and postings begin to look.
func short(h uint32, bits int) uint32 { return h &^ (1<<(32-bits) - 1) }

// insideQuotes marks the tokens that stand in a quotation; nil where there is none.
func insideQuotes(body []token, quoted []news.Mark) []bool {
	if len(quoted) == 0 {
		return nil
	}
	in, q := make([]bool, len(body)), 0
	for i, t := range body {
		for q < len(quoted) && quoted[q].End <= t.start {
			q++
		}
		in[i] = q < len(quoted) && quoted[q].Start <= t.start
	}
	return in
}

func mostlyUnspaced(ts []token) bool {
	n := 0
	for _, t := range ts {
		if t.unspaced {
			n++
		}
	}
	return n*2 > len(ts)
}

// Winnow selects a fingerprint from each run of w hashes, the smallest and of equal ones the last (Schleimer, Wilkerson
// and Aiken 2003). Any match of at least w+k-1 words between two texts shares a fingerprint. Fewer than w hashes give
// their smallest.
func Winnow(hashes []uint32, w int) []uint32 {
	if len(hashes) == 0 {
		return nil
	}
	var out []uint32
	at := -1 // index of the window's smallest hash
	for end := min(w, len(hashes)) - 1; end < len(hashes); end++ {
		start := max(end-w+1, 0)
		was := at
		if at < start {
			at = start
			for i := start + 1; i <= end; i++ {
				if hashes[i] <= hashes[at] {
					at = i
				}
			}
		} else if hashes[end] <= hashes[at] {
			at = end
		}
		if at != was {
			out = append(out, hashes[at])
		}
	}
	return out
}

// whole hashes a sequence of words; 0 stands for none.
func whole(ts []token) uint64 {
	if len(ts) == 0 {
		return 0
	}
	h := uint64(len(ts))
	for _, t := range ts {
		h = mix64(h ^ uint64(t.hash))
	}
	return h | 1
}

func figures(parts ...[]token) []uint32 {
	var out []uint32
	for _, ts := range parts {
		for _, t := range ts {
			if t.figure {
				out = append(out, t.hash)
			}
		}
	}
	return sorted(out)
}

// sample keeps the hashes that stand for a longer text.
func sample(hashes []uint32) []uint32 {
	return slices.DeleteFunc(hashes, func(h uint32) bool { return !SampledShingle(h) })
}

// sorted gives the different hashes in an array of their own, which is no longer than they are: prints are kept.
func sorted(h []uint32) []uint32 {
	h = distinct(h)
	if len(h) == cap(h) {
		return h
	}
	return append(make([]uint32, 0, len(h)), h...)
}

// distinct sorts hashes and drops those that stand twice.
func distinct(h []uint32) []uint32 {
	sortHashes(h, 32)
	return slices.Compact(h)
}

// What sortHashes sorts in buckets: of shorter lists there is little to gain, longer ones have no room on the stack.
const (
	bucketBits                    = 9
	leastInBuckets, mostInBuckets = 64, 2048
)

// sortHashes sorts numbers of some bits whose first 32 are a hash: by the first of these, and then within buckets of a few each.
func sortHashes[T uint32 | uint64](h []T, bits int) {
	if len(h) < leastInBuckets || len(h) > mostInBuckets {
		slices.Sort(h)
		return
	}
	var ends [1 << bucketBits]uint16
	var room [mostInBuckets]T
	shift := bits - bucketBits
	for _, x := range h {
		ends[x>>shift]++
	}
	end := uint16(0)
	for i, n := range ends {
		ends[i], end = end, end+n
	}
	for _, x := range h {
		i := x >> shift
		room[ends[i]] = x
		ends[i]++
	}
	from := uint16(0)
	for _, to := range ends {
		if to > from+1 {
			slices.Sort(room[from:to])
		}
		from = to
	}
	copy(h, room[:len(h)])
}
