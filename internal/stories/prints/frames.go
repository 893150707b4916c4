package prints

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
)

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
