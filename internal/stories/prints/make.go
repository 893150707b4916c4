// Package prints makes the fingerprint (print) of an article's own prose: winnowed shingles with the quotations masked, and the
// stemmed words by which short items are compared. It also compares two texts word by word: the passages that they share
// (Reference.Compare), and the changes in a new version (Changes).
//
// Words are split by Unicode rules, and folded by NFKC and to lower case. Tokens keep their byte offsets, for highlighting. A
// shingle is a run of shingleWords words, or of unspacedWords characters in scripts without spaces. Prints hold hashes that are
// the same on every machine, since they are stored. Winnowed shingles find candidates. If a text has more than wholeShingles
// shingles, a quarter of them is kept, by hash (SampledShingle). This sample gives an unbiased estimate of the share of one
// text that is in another.
//
// Terms are the stemmed words of the title and the first termWords words. Each has the number of its uses, and flags for title,
// opening and names. If the language is unknown, words are stemmed as English, since a headline of names has to match texts.
// Names in Latin letters are kept as written, to find translations. Names in all scripts are kept by their consonants.
//
// make.go makes a Print (print.go, with its sorted and sampled hashes) from tokens (tokens.go), and the frames of templates.
// terms.go makes the stemmed words and the names, pictures.go the ids of pictures. compare.go finds passages. changes.go
// finds changes.
package prints

import (
	"errors"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
	"headwater/internal/news"
)

// Version changes whenever a print of the same article would be different, so that stored prints are made again.
const Version = 10

// ErrVersion means that a stored print was made by another version of this package.
var ErrVersion = errors.New("print of another version")

// Make returns the print of an article. headline is its normalised title, without an outlet's name at the end.
func Make(a news.Article, headline string) Print {
	room, title, body := newBuffers(headline, a.Body())
	defer room.release()
	p := Print{Words: len(body), Grams: grams(headline, title)}
	_, rest := Slug(headline)
	p.Headline = sequenceHash(title[tokensBefore(title, len(headline)-len(rest)):])
	if len(body) >= minBodyWords {
		p.Body = sequenceHash(body)
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
	if len(p.Terms) > 0 {
		p.Uses = make([]uint8, len(p.Terms))
		for i, h := range p.Terms {
			p.Uses[i] = t.uses[h]
		}
	}
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

// shingle sets the shingles of p. Those that touch a quotation are kept apart. own is a buffer for them and is not retained.
func shingle(p *Print, body []token, quoted []news.Mark, own []uint32) {
	k := shingleWords
	if mostlyUnspaced(body) {
		k = unspacedWords
	}
	if len(body) < k {
		return
	}
	inside := insideQuotes(body, quoted)
	var places []uint64 // of the sampled hashes in own
	touch := -1         // the last quoted token so far
	for i := range body {
		if inside != nil && inside[i] {
			touch = i
		}
		if i < k-1 {
			continue
		}
		sum := uint64(0xcbf29ce484222325)
		for _, t := range body[i-k+1 : i+1] {
			sum = (sum ^ uint64(t.hash)) * 0x9e3779b97f4a7c15
		}
		h := short(uint32(mix64(sum)), shingleBits)
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
	p.Picked = sorted(winnow(own, w))
	if p.Sampled {
		own, p.Quoted, p.Lead = sample(own), sample(p.Quoted), sample(p.Lead)
	}
	own = distinct(own)
	p.Shingles = append(make([]uint32, 0, len(own)), own...)
	p.Quoted, p.Lead = sorted(p.Quoted), sorted(p.Lead)
	p.Places = firstPlaces(places)
}

// firstPlaces returns the first position of each hash, in the order of the hashes.
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

// sequenceHash hashes a sequence of words. 0 stands for no words.
func sequenceHash(ts []token) uint64 {
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

// Limits of the parts of a title that may be the frame of a template.
const (
	maxHeadWords  = 6 // "Stock Movers:", "Market summary (", "POINT MARCHÉS"
	maxTailWords  = 8 // "| Balance of Power: Late Edition 08/18/2026", "(Podcast)"
	minEndWords   = 3 // of a tail without a mark before it: "... Price, Converter and News"
	minFrameWords = 4
)

// headMarks and tailMarks separate the frame of a title from its filler.
var (
	headMarks = []string{": ", ":", "|", " - ", " – ", " — ", "=", "(", "】"}
	tailMarks = []string{"|", " - ", " – ", " — ", "(", "="}
)

// frames returns hashes of the parts of a title that may be the frame of a template, with figures left open: its head up to a
// mark, its tail from a mark on, its last words, and the whole title if it has figures. The outlet's other titles show which of
// these are frames.
func frames(headline string, title []token) []uint32 {
	var out []uint32
	add := func(kind FrameKind, ts []token) {
		h := mix32(uint32(kind) + 1)
		open := false // the token before is a figure: a run of figures, such as a date, is one open slot
		for _, t := range ts {
			switch {
			case !t.figure:
				h = mix32(h*31 + t.hash)
			case !open:
				h = mix32(h*31 + 1)
			}
			open = t.figure
		}
		out = append(out, short(h, frameBits)|uint32(kind))
	}
	digit := func(i int) bool { return i >= 0 && i < len(headline) && headline[i] >= '0' && headline[i] <= '9' }
	first, last := -1, -1
	for _, m := range headMarks {
		if i := strings.Index(headline, m); i > 0 && (first < 0 || i < first) && !(digit(i-1) && digit(i+1)) { // 03:46
			first = i
		}
	}
	for _, m := range tailMarks {
		last = max(last, strings.LastIndex(headline, m))
	}
	if n := tokensBefore(title, first); n > 0 && n <= maxHeadWords && n < len(title) {
		add(FrameHead, title[:n])
	}
	if n := tokensBefore(title, last); n > 0 && n < len(title) && len(title)-n <= maxTailWords {
		add(FrameTail, title[n:])
	}
	if len(title) > minEndWords+1 && !mostlyUnspaced(title) {
		add(FrameEnd, title[len(title)-minEndWords:])
	}
	if len(title) >= minFrameWords && hasFigure(title) {
		add(FrameWhole, title)
	}
	return sorted(out)
}

// frameBits is the number of bits kept of a frame's hash. Frames are counted per outlet, so collisions are rare.
const frameBits = 28

// slugs maps the slugs that agencies put before headlines to the agency's name.
var slugs = func() map[string]string {
	out := map[string]string{}
	for _, p := range words.Phrases("slugs.txt") {
		out[p.Text] = p.Section
	}
	return out
}()

// Slug returns the name of the agency whose slug precedes a headline, and the headline without the slug: "Soccer-Ferries sink
// United". The name is "" if there is none. "Golf-mad" and "Tennis - a guide" have no slugs.
func Slug(title string) (agency, headline string) {
	word, rest, ok := strings.Cut(title, "-")
	if !ok {
		return "", title
	}
	first, _ := utf8.DecodeRuneInString(rest)
	agency = slugs[strings.ToLower(word)]
	if begins, _ := utf8.DecodeRuneInString(word); agency == "" || !unicode.IsUpper(begins) || !unicode.IsUpper(first) && !unicode.IsDigit(first) && !strings.ContainsRune("'\"‘“", first) {
		return "", title
	}
	return agency, rest
}
