package origin

import (
	"math"
	"strings"

	"headwater/internal/news"
)

// leadWords is the number of words at the beginning of a text in which a credit has more weight than further down.
const leadWords = 60

// longParagraph is the maximum length, in bytes, that a credit below the lead covers of a paragraph, since some texts have no
// paragraphs.
const longParagraph = 600

// The factors of a credit in words, by the part of the text that it covers and by its position. A report in the lead that
// covers less than a seventh of the text gets a factor below .5 (.6 · (.75 + .6 · part)). From .5 on package group treats it as
// a credit for the whole article (creditStrength there).
const (
	leadLeast, leadByPart   = .75, .6
	nearLead                = .95 // of the position after the lead, in the opening
	laterLeast, laterByPart = .4, .4
	titleLeast, titleByPart = .9, .3
	mostByPart              = 1.2
	scoopLeast, scoopByPart = .34, 1.4 // this credit also occurs at the end, and in short items that consist of it
)

// assignParts sets the position of each claim and the part of the text that it covers, and weakens claims that cover little. A
// credit in the lead covers its paragraph and the following ones up to the first with another source. A credit below the lead
// covers its own paragraph. If a paragraph has credits to several outlets, each gets an equal share of it.
func (c claims) assignParts(body string) {
	n := 0
	for i := range c {
		if c[i].place != inMark {
			n++
		}
	}
	if n == 0 {
		return
	}
	lead := leadEnd(body)
	for i := range c {
		x := &c[i]
		switch {
		case x.place == inMark:
			continue
		case x.place == inTitle:
			x.Position = news.PositionTitle
		case x.offset < lead:
			x.Position = news.PositionLead
		default:
			x.Position = news.PositionLater
		}
	}
	s := textParagraphs{paragraphs: paragraphsOf(body)}
	for _, p := range s.paragraphs {
		s.total += p.End - p.Start
	}
	s.markSources(c, body)
	parts := map[partKey]float64{}
	for i := range c {
		x := &c[i]
		k := partKey{x.Kind, x.Credited().Key()}
		switch _, known := parts[k]; {
		case x.place == inMark || x.place == inSummary || x.Kind == news.ClaimPart:
			continue
		case x.Kind == news.ClaimLink:
			x.Part = s.share(s.index(x.offset))
			continue
		case !known:
			parts[k] = s.part(c[i:], k)
		}
		x.Part = parts[k]
	}
	strength := map[partKey]float64{}
	for i := range c {
		c[i].Strength = min(c[i].Strength*c[i].positionFactor(), 1)
		if k := (partKey{c[i].Kind, c[i].Credited().Key()}); c[i].place == inBody {
			strength[k] = max(strength[k], c[i].Strength)
		}
	}
	for i := range c { // a summary repeats the text
		k := partKey{c[i].Kind, c[i].Credited().Key()}
		if known, ok := strength[k]; ok && c[i].place == inSummary {
			c[i].Strength, c[i].Part = min(c[i].Strength, known), parts[k]
		}
	}
}

// partKey identifies claims that cover a part of the text together.
type partKey struct {
	kind   news.ClaimKind
	outlet string
}

// positionFactor returns the factor of a credit's strength for its position and part.
func (x foundClaim) positionFactor() float64 {
	switch {
	case x.Kind == news.ClaimLink && x.offset >= openingBytes:
		return .4
	case x.Kind == news.ClaimScoop && x.Position == news.PositionLater:
		return min(scoopLeast+scoopByPart*x.Part, 1)
	case x.Kind != news.ClaimReport && x.Kind != news.ClaimTold:
		return 1
	case x.place == inSummary:
		return 1
	case x.Position == news.PositionTitle:
		return titleLeast + titleByPart*x.Part
	case x.Position == news.PositionLead:
		return min(leadLeast+leadByPart*x.Part, mostByPart)
	case x.offset < openingBytes:
		return nearLead * min(leadLeast+leadByPart*x.Part, mostByPart)
	}
	return laterLeast + laterByPart*x.Part
}

// textParagraphs holds the paragraphs of a text and their sources.
type textParagraphs struct {
	paragraphs  []news.Span
	total       int               // bytes in paragraphs
	outlets     []map[string]bool // credited in words, by paragraph
	otherSource []bool            // a paragraph has a source that is no outlet
}

// paragraphsOf returns the lines of a text that are not empty.
func paragraphsOf(text string) []news.Span {
	var all []news.Span
	for start := 0; start < len(text); {
		end := start + strings.IndexByte(text[start:], '\n')
		if end < start {
			end = len(text)
		}
		if end > start {
			all = append(all, news.Span{Start: start, End: end})
		}
		start = end + 1
	}
	return all
}

// markSources records which outlets each paragraph credits.
func (s *textParagraphs) markSources(c claims, body string) {
	s.outlets, s.otherSource = make([]map[string]bool, len(s.paragraphs)), make([]bool, len(s.paragraphs))
	first := len(s.paragraphs)
	for _, x := range c {
		if x.place != inBody || x.Kind == news.ClaimLink || x.Kind == news.ClaimPart {
			continue
		}
		i := s.index(x.offset)
		if s.outlets[i] == nil {
			s.outlets[i] = map[string]bool{}
		}
		s.outlets[i][x.Credited().Key()] = true
		if x.coversFollowing() {
			first = min(first, i)
		}
	}
	for i := first + 1; i < len(s.paragraphs); i++ {
		p := strings.ToLower(body[s.paragraphs[i].Start:s.paragraphs[i].End])
		for _, words := range cues.sources {
			if strings.Contains(p, words) {
				s.otherSource[i] = true
				return // nothing follows it
			}
		}
	}
}

// coversFollowing reports whether a credit also covers the paragraphs after its own.
func (x foundClaim) coversFollowing() bool {
	return x.Position != news.PositionLater && x.Kind != news.ClaimTold && x.Kind != news.ClaimLink
}

// index returns the index of the paragraph at an offset.
func (s *textParagraphs) index(offset int) int {
	low, high := 0, len(s.paragraphs)-1
	for low < high {
		mid := (low + high + 1) / 2
		if s.paragraphs[mid].Start <= offset {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low
}

// part returns the share of the text that the claims of a key cover.
func (s *textParagraphs) part(c claims, k partKey) float64 {
	if len(s.paragraphs) == 0 { // there is only a headline
		return 1
	}
	spoken, reached := make([]float64, len(s.paragraphs)), 0
	for _, x := range c {
		if x.Kind != k.kind || x.place == inMark || x.place == inSummary || x.Credited().Key() != k.outlet {
			continue
		}
		first := 0
		if x.place == inBody {
			first = s.index(x.offset)
		}
		each := 1 / float64(max(len(s.outlets[first]), 1))
		if !x.coversFollowing() {
			p := s.paragraphs[first]
			spoken[first] = max(spoken[first], each*min(1, longParagraph/float64(p.End-p.Start)))
			continue
		}
		spoken[first] = max(spoken[first], each)
		if first < reached {
			continue
		}
		for reached = first + 1; reached < len(s.paragraphs); reached++ {
			if s.otherSource[reached] || len(s.outlets[reached]) > 0 && !s.outlets[reached][k.outlet] {
				break
			}
			spoken[reached] = max(spoken[reached], each)
		}
	}
	sum := 0.0
	for i, share := range spoken {
		if share > 0 {
			sum += s.share(i) * share
		}
	}
	return math.Round(min(sum, 1)*100) / 100
}

// share returns a paragraph's share of the text.
func (s *textParagraphs) share(paragraph int) float64 {
	p := s.paragraphs[paragraph]
	return float64(p.End-p.Start) / float64(s.total)
}

// leadEnd returns the offset at the end of the lead. Two syllables of a syllabic script count as a word.
func leadEnd(text string) int {
	half, inWord := 0, false
	for i, r := range text {
		switch {
		case r == ' ' || r == '\n':
			if inWord {
				half += 2
			}
			inWord = false
		case syllabic(r):
			half++
		default:
			inWord = true
		}
		if half >= 2*leadWords {
			return i
		}
	}
	return len(text)
}

// syllabic reports whether a character is a syllable or a word, as in Chinese, Japanese and Korean, or punctuation of these
// scripts.
func syllabic(r rune) bool { return r >= 0x2E80 && r < 0xFF00 }
