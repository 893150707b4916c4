package origin

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"headwater/internal/news"
	"headwater/internal/stories/outlets"
)

// strengths of the kinds of claims: how far each kind speaks for the whole article.
var strengths = map[news.ClaimKind]float64{
	news.ClaimDateline: 1, news.ClaimByline: 1, news.ClaimPublisher: 1, news.ClaimCanonical: .9, news.ClaimSource: 1,
	news.ClaimScoop: .9, news.ClaimReport: .6, news.ClaimRights: .6, news.ClaimLink: .3, news.ClaimTold: .2, news.ClaimPart: .1,
}

// defaultParts are the parts of the text that claims outside the text cover, such as bylines, if they name one outlet.
var defaultParts = map[news.ClaimKind]float64{
	news.ClaimDateline: 1, news.ClaimByline: 1, news.ClaimCanonical: 1, news.ClaimSource: 1, news.ClaimRights: 1, news.ClaimPart: helperPart,
}

// foundClaim is a claim, whether it credits an agency, and whether the agency follows only from the shape of a line.
type foundClaim struct {
	news.Claim
	agency, shapeOnly bool
	place             claimPlace
	offset            int // its meaning depends on place
}

// claims are the claims found so far.
type claims []foundClaim

func (c *claims) add(kind news.ClaimKind, o news.Outlet, url, text string, span news.Span, factor float64) {
	*c = append(*c, foundClaim{Claim: news.Claim{
		Kind: kind, Outlet: o.Name, Domain: o.Domain, URL: url, Text: clip(text), Start: span.Start, End: span.End,
		Strength: strengths[kind] * factor, Part: defaultParts[kind],
	}, agency: o.Agency})
}

// last is the claim that was added last.
func (c claims) last() *foundClaim { return &c[len(c)-1] }

// share divides a claim between several outlets.
func (x *foundClaim) share(outlets int) {
	if outlets > 1 && x.Kind != news.ClaimPart {
		x.Part /= float64(outlets)
		x.Strength *= sharedStrength / float64(outlets)
	}
}

// writes reports whether claims of a kind name the writer of the text.
func writes(k news.ClaimKind) bool {
	return k == news.ClaimDateline || k == news.ClaimByline || k == news.ClaimSource
}

// withoutRivalShapes drops claims on an agency that follow only from the shape of a line, such as "(Reporting by ...; Editing
// by ...)", if another agency is named as the writer. Several agencies use the same shapes.
func (c claims) withoutRivalShapes(own news.Outlet) claims {
	named := map[string]bool{}
	if own.Agency {
		named[own.Key()] = true
	}
	for _, x := range c {
		if x.agency && !x.shapeOnly && writes(x.Kind) {
			named[x.Credited().Key()] = true
		}
	}
	return slices.DeleteFunc(c, func(x foundClaim) bool { return x.shapeOnly && len(named) > 0 && !named[x.Credited().Key()] })
}

// carrierStrength is the factor of a credit to an outlet as the writer if an agency is named as the writer too.
const carrierStrength = .6

// distinct keeps the strongest claim of each kind, outlet and address. If an agency is named as the writer, other outlets that
// are named as writers only carry its text, and their credits are weakened.
func (c claims) distinct() []news.Claim {
	if slices.ContainsFunc(c, func(x foundClaim) bool { return x.agency && writes(x.Kind) }) {
		for i := range c {
			if !c[i].agency && writes(c[i].Kind) {
				c[i].Strength = min(c[i].Strength, carrierStrength*strengths[c[i].Kind])
			}
		}
	}
	out := make([]news.Claim, len(c))
	for i, x := range c {
		out[i] = x.Claim
	}
	slices.SortStableFunc(out, func(a, b news.Claim) int { return cmp.Compare(b.Strength, a.Strength) })
	type key struct {
		kind        news.ClaimKind
		outlet, url string
	}
	seen := map[key]bool{}
	return slices.DeleteFunc(out, func(x news.Claim) bool {
		k := key{x.Kind, x.Credited().Key(), x.URL}
		dup := seen[k]
		seen[k] = true
		return dup
	})
}

// maxClaim is the maximum number of bytes of a claim's words. Nearly every sentence is shorter.
const maxClaim = 480

func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= maxClaim {
		return s
	}
	cut := strings.LastIndexByte(s[:maxClaim], ' ')
	return strings.ToValidUTF8(s[:max(cut, maxClaim-40)], "") + " …"
}

func same(a, b news.Outlet) bool { return a.Key() == b.Key() }

// sharedStrength is the factor of a byline of several outlets, since it is unknown who wrote which part.
const sharedStrength = .9

// helperPart is the share of a text that an outlet gets if it only helped.
const helperPart = .2

// openingBytes is the length of the opening. A credit in the opening covers the article. A later credit covers its own
// sentence.
const openingBytes = 700

func distinctOutlets(mentions []outlets.Mention) []news.Outlet {
	var all []news.Outlet
	for _, m := range mentions {
		if !slices.ContainsFunc(all, func(o news.Outlet) bool { return same(o, m.Outlet) }) {
			all = append(all, m.Outlet)
		}
	}
	return all
}

// creditWeights are the log-odds that a credit of each kind gives to the outlet it names, for a claim of full strength.
var creditWeights = map[news.ClaimKind]float64{
	news.ClaimDateline: 3, news.ClaimByline: 3, news.ClaimSource: 3, news.ClaimCanonical: 2.5, news.ClaimScoop: 2.5,
	news.ClaimReport: 1.6, news.ClaimRights: 1.2, news.ClaimLink: .5, news.ClaimTold: .2,
}

// The limits for the writers that a text names.
const (
	minWriter  = 2.4 // minimum weight of a credit to the writer
	maxWriters = 2   // maximum number of outlets; a text that names more counts as naming none
)

// writer returns the strongest credit with which an article of an outlet names another outlet as the writer of its text. An
// article that names many writers counts as naming none.
func writer(own news.Outlet, all []news.Claim) (news.Claim, bool) {
	var best news.Claim
	weight := 0.0
	named := map[string]bool{}
	for _, c := range all {
		w := creditWeights[c.Kind] * c.Strength
		if !writes(c.Kind) && c.Kind != news.ClaimCanonical || w < minWriter || same(c.Credited(), own) {
			continue
		}
		named[c.Credited().Key()] = true
		if cmp.Or(cmp.Compare(w, weight), cmp.Compare(best.Outlet, c.Outlet)) > 0 {
			best, weight = c, w
		}
	}
	return best, weight > 0 && len(named) <= maxWriters
}

// spanIn returns the span of a mention in the article's text, or no span if the mention is in the summary.
func spanIn(a news.Article, text string, m outlets.Mention) news.Span {
	if text != a.Text {
		return news.Span{}
	}
	return news.Span{Start: m.Start, End: m.End}
}

// claimPlace is the place where a claim was found.
type claimPlace int

const (
	inMark    claimPlace = iota // a byline, a mark
	inTitle                     // offsets are 0
	inBody                      // offsets into the article's text, or into its summary where it has no text
	inSummary                   // of an article that has a text
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
