package prints

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
)

// Limits of the parts of a title that may be a template's frame.
const (
	maxHeadWords = 6 // "Stock Movers:", "Market summary (", "POINT MARCHÉS"
	maxTailWords = 8 // "| Balance of Power: Late Edition 08/18/2026", "(Podcast)"
	minEndWords  = 3 // of a tail without a mark before it: "... Price, Converter and News"
	minWhole     = 4
)

// headMarks and tailMarks are what parts the frame of a title from what fills it.
var (
	headMarks = []string{": ", ":", "|", " - ", " – ", " — ", "=", "(", "】"}
	tailMarks = []string{"|", " - ", " – ", " — ", "(", "="}
)

// frames gives hashes of what of a title may be the frame of a template, figures left open: its head up to a mark, its tail
// from one, its last words, and all of it where it has figures. Which of them are frames shows in an outlet's other titles.
func frames(headline string, title []token) []uint32 {
	var out []uint32
	add := func(kind FrameKind, ts []token) {
		out = append(out, short(frameHash(kind, ts), frameBits)|uint32(kind))
	}
	if at := firstMark(headline); at > 0 {
		if n := before(title, at); n > 0 && n <= maxHeadWords && n < len(title) {
			add(FrameHead, title[:n])
		}
	}
	if at := lastMark(headline); at > 0 {
		if n := before(title, at); n > 0 && n < len(title) && len(title)-n <= maxTailWords {
			add(FrameTail, title[n:])
		}
	}
	if len(title) > minEndWords+1 && !mostlyUnspaced(title) {
		add(FrameEnd, title[len(title)-minEndWords:])
	}
	if len(title) >= minWhole && hasFigure(title) {
		add(FrameWhole, title)
	}
	return sorted(out)
}

// frameBits are the bits kept of a frame's hash. It is counted with its outlet, so chance hits are rare.
const frameBits = 28

func firstMark(headline string) int {
	at := -1
	for _, m := range headMarks {
		if i := strings.Index(headline, m); i > 0 && (at < 0 || i < at) && !inClock(headline, i) {
			at = i
		}
	}
	return at
}

// inClock says whether a mark stands between two digits, as in 03:46.
func inClock(headline string, at int) bool {
	digit := func(i int) bool { return i >= 0 && i < len(headline) && headline[i] >= '0' && headline[i] <= '9' }
	return digit(at-1) && digit(at+1)
}

func lastMark(headline string) int {
	at := -1
	for _, m := range tailMarks {
		at = max(at, strings.LastIndex(headline, m))
	}
	return at
}

// frameHash hashes a part of a title; runs of figures, as of a date, are one open place.
func frameHash(kind FrameKind, ts []token) uint32 {
	h := mix32(uint32(kind) + 1)
	open := false
	for _, t := range ts {
		if t.figure {
			if !open {
				h = mix32(h*31 + 1)
			}
			open = true
			continue
		}
		open = false
		h = mix32(h*31 + t.hash)
	}
	return h
}

// slugs are what agencies put before headlines, each with the agency's name.
var slugs = func() map[string]string {
	out := map[string]string{}
	for _, p := range words.Phrases("slugs.txt") {
		out[p.Text] = p.Section
	}
	return out
}()

// Slug gives the name of the agency whose slug stands before a headline, and the headline without it: "Soccer-Ferries sink United". The
// name is "" where there is none. "Golf-mad" and "Tennis - a guide" are no slugs.
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
