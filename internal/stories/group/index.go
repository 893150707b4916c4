package group

import (
	"iter"
	"math"
	"math/bits"
	"slices"

	"headwater/internal/stories/compact"
	"headwater/internal/stories/prints"
)

// Limits that keep the work for one article constant, whatever the size of the window.
const (
	maxPosting  = 400 // articles with a fingerprint or key; a more common one is not used to find candidates
	maxTermDocs = 600 // articles with a term; a more common one is not used to find candidates
)

// Boilerplate is prose that an outlet puts into many of its articles: a disclaimer, an invitation to subscribe.
const (
	boilerplateArticles = 4   // minimum number of an outlet's articles with a fingerprint of it
	boilerplateShare    = .08 // minimum share of the outlet's articles in the window
)

const inOpening = prints.TermTitle | prints.TermOpening

// index holds the statistics of the window's articles, and the postings by which candidates are found.
type index struct {
	docs           int
	logDocs        float64    // logarithm of docs, smoothed
	df             termCounts // articles that have a term
	outletArticles map[uint64]int32
	outletCredits  map[uint64]int32 // articles that name an outlet as their source
	frames         termCounts       // an outlet's titles with a frame, by frameKey
	newTemplates   []uint32         // frames that became a template since the last Settle, by frameKey
	marks          *templateMarks   // nil if Options.Templates is not set
	agency         agencyIndex

	nodes         []*node // by number; nil if removed
	removed       int     // numbers without a node
	prints        *compact.Postings
	terms         *compact.Postings
	keys          *compact.Postings // exactKeys
	framePostings *compact.Postings // by frameKey
}

func newIndex(templates bool) *index {
	x := &index{
		outletArticles: map[uint64]int32{}, outletCredits: map[uint64]int32{}, logDocs: math.Log(20),
		prints: compact.NewPostings(maxPosting), terms: compact.NewPostings(maxTermDocs), keys: compact.NewPostings(maxPosting),
		framePostings: compact.NewPostings(maxPosting),
	}
	x.agency.names, x.agency.pictures = compact.NewPostings(maxNameArticles), compact.NewPostings(maxNameArticles)
	if templates {
		x.marks = &templateMarks{map[uint32][]*node{}, map[uint32]bool{}}
	}
	return x
}

// count adds an article to the statistics. It removes it if by is -1. Its print must be decoded.
func (x *index) count(n *node, by int32) {
	x.docs += int(by)
	x.logDocs = math.Log(float64(x.docs) + 20)
	countKey := func(m map[uint64]int32, key uint64) {
		if m[key] += by; m[key] <= 0 {
			delete(m, key)
		}
	}
	countKey(x.outletArticles, n.outlet)
	for _, o := range n.credits.named {
		countKey(x.outletCredits, o)
	}
	if n.outlet != 0 {
		for _, f := range n.print.Frames {
			x.frames.add(frameKey(n.outlet, f), by)
		}
	}
	if by > 0 {
		x.marks.add(n)
	} else {
		x.marks.remove(n)
	}
	x.agency.count(n, by)
	for _, t := range n.print.Terms {
		x.df.add(t, by)
	}
}

// add gives a node a number and adds its postings, which are searched from the next flush on. Its print must be decoded.
func (x *index) add(n *node) {
	n.number = uint32(len(x.nodes))
	x.nodes = append(x.nodes, n)
	for _, h := range n.print.Picked {
		x.prints.Add(h, n.number)
	}
	for i, t := range n.print.Terms {
		if n.print.Uses[i]&inOpening != 0 {
			x.terms.Add(t, n.number)
		}
	}
	for _, k := range n.exactKeys() {
		x.keys.Add(keyHash(k), n.number)
	}
	if n.outlet != 0 {
		for _, f := range n.print.Frames {
			x.framePostings.Add(frameKey(n.outlet, f), n.number)
		}
	}
	x.agency.add(n)
}

// remove removes a node. Its postings stay until flush renumbers the nodes.
func (x *index) remove(n *node) {
	x.nodes[n.number] = nil
	x.removed++
}

// flush makes the postings of all nodes searchable. If a quarter of the numbers have no node, it renumbers the nodes, so memory
// grows with the window and not with the stream.
func (x *index) flush() {
	all := [...]*compact.Postings{x.prints, x.terms, x.keys, x.framePostings, x.agency.names, x.agency.pictures}
	if x.removed*4 <= len(x.nodes) {
		for _, p := range all {
			p.Flush()
		}
		return
	}
	to := make([]int32, len(x.nodes))
	left := make([]*node, 0, len(x.nodes)-x.removed)
	for i, n := range x.nodes {
		if to[i] = -1; n != nil {
			n.number, to[i] = uint32(len(left)), int32(len(left))
			left = append(left, n)
		}
	}
	x.nodes, x.removed = left, 0
	for _, n := range left {
		for i := range n.edges {
			n.edges[i].to = uint32(to[n.edges[i].to])
		}
	}
	for _, p := range all {
		p.Renumber(to)
	}
}

// edges returns the edges of a node.
func (x *index) edges(n *node) iter.Seq[edge] {
	return func(yield func(edge) bool) {
		for _, e := range n.edges {
			if !yield(e.unpack(x.nodes)) {
				return
			}
		}
	}
}

// exactKeys returns the keys by which an article is found exactly: its text, its address, its title, and the addresses it
// cites.
func (n *node) exactKeys() []uint64 {
	keys := make([]uint64, 0, 3+len(n.credits.cites))
	if n.body != 0 && n.words >= minDuplicateWords {
		keys = append(keys, n.body)
	}
	if n.address != 0 {
		keys = append(keys, n.address)
	}
	keys = append(keys, n.credits.cites...)
	if n.titleTerms >= minTitleTerms {
		keys = append(keys, n.headline)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// keyHash returns the hash of a key in the postings. A collision only adds one article to compare with.
func keyHash(key uint64) uint32 { return uint32(key * 0x9e3779b97f4a7c15 >> 32) }

// idf returns the inverse document frequency of a term over the window, in nats.
func (x *index) idf(term uint32) float64 { return x.logDocs - logHalf(x.df.of(term)) }

// normsOf sums the weights of a print's terms.
func (x *index) normsOf(p *prints.Print) norms {
	var all, opening, names, rarity, title float64
	var n norms
	for i, t := range p.Terms {
		idf, use := x.idf(t), p.Uses[i]
		w := useWeight(use)
		all += idf * idf * w * w
		if use&inOpening != 0 {
			opening += idf * idf
			rarity += idf
		}
		if use&prints.TermTitle != 0 {
			title += idf
			n.titleFigure = n.titleFigure || isFigure(p, t)
		}
		if use&prints.TermName != 0 {
			names += idf * idf
			n.nameTerms++
		}
	}
	n.all, n.opening, n.names, n.rarity, n.titleRarity = float32(all), float32(opening), float32(names), float32(rarity), float32(title)
	return n
}

// useWeights are 1 + ln n for n uses of a term.
var useWeights = func() (w [prints.TermCount + 1]float64) {
	for n := 1; n < len(w); n++ {
		w[n] = 1 + math.Log(float64(n))
	}
	return w
}()

func useWeight(use uint8) float64 { return useWeights[use&prints.TermCount] }

// creditSpecificity returns the significance of an outlet that two articles name: 1 if no other article names it, .18 if a
// hundred do, 0 if they name none in common.
func (x *index) creditSpecificity(a, b []uint64) float64 {
	most := 0.0
	for _, o := range a {
		if slices.Contains(b, o) {
			most = max(most, 1/(1+math.Log(max(1, float64(x.outletCredits[o])/2))))
		}
	}
	return most
}

// sameFrame reports whether the titles of two articles of one outlet fill one template with different things. overlap is the
// share of the shorter title that is in the other.
func (x *index) sameFrame(a, b *node, overlap float64) bool {
	if a.print.Headline == b.print.Headline {
		return false
	}
	for frame := range intersection(a.print.Frames, b.print.Frames) {
		rule := frameRules[prints.KindOfFrame(frame)]
		if overlap <= rule.overlap && x.frames.of(frameKey(a.outlet, frame)) >= rule.titles {
			return true
		}
	}
	return false
}

// noteTemplates records the frames that become a template with the title of an article, after the article was counted.
func (x *index) noteTemplates(n *node, frames []uint32) {
	if n.outlet == 0 {
		return
	}
	for _, f := range frames {
		if key := frameKey(n.outlet, f); x.frames.of(key) == frameRules[prints.KindOfFrame(f)].titles {
			x.newTemplates = append(x.newTemplates, key)
		}
	}
}

// boilerplate estimates the share, 0 to 1, of boilerplate in the common prose of two articles of one outlet. It is the share of
// the common fingerprints that many articles of the outlet have.
func (x *index) boilerplate(a, b *node) float64 {
	least := int(max(boilerplateArticles, boilerplateShare*float64(x.outletArticles[a.outlet])))
	shared, repeated := 0, 0
	var buffer [maxPosting + 1]uint32
	for print := range intersection(a.print.Picked, b.print.Picked) {
		shared++
		list := x.prints.Find(print, buffer[:0])
		if len(list) > maxPosting {
			repeated++
			continue
		}
		found := 0
		for i := 0; found < least && len(list)-i >= least-found; i++ { // while enough articles are left
			if n := x.nodes[list[i]]; n != nil && n.outlet == a.outlet {
				found++
			}
		}
		if found == least {
			repeated++
		}
	}
	return ratio(repeated, shared)
}

// An agency sends one report in several languages within hours. The versions share hardly any words, but they share names,
// figures and the time. So translations are found by rare names and by pictures, among the articles that credit one agency as
// the writer.
//
// A print has the names of the opening as words without accents, and also by their consonants (prints/consonants.txt): Trump,
// Трамп and トランプ are all TRNP. Names in katakana and Cyrillic have only the consonants. Names with fewer than three consonants
// are not compared. In texts in Arabic, Hangul and Chinese script only the words in Latin letters are compared.
const (
	translationSeconds  = 12 * 60 * 60 // maximum time between an article and its translation
	maxNameArticles     = 100          // articles with a name or picture; more common ones are not used to find candidates
	maxPictureUses      = 3            // articles of an outlet in one language; a more common picture is a logo, a map or a portrait
	minTranslationNames = 10           // nats of names in common below which articles are not compared

	// unseenArticles is added to the number of articles in the inverse document frequency of names and figures, because in a
	// small window no name is known to be rare.
	unseenArticles = 150
)

// nonLatin are the languages that are never written in Latin letters. Names in them are compared by their consonants.
var nonLatin = map[string]bool{
	"am": true, "ar": true, "be": true, "bg": true, "bn": true, "el": true, "fa": true, "he": true, "hi": true, "hy": true, "ja": true,
	"ka": true, "km": true, "ko": true, "lo": true, "mk": true, "mn": true, "mr": true, "my": true, "ne": true, "ru": true,
	"ta": true, "te": true, "th": true, "uk": true, "ur": true, "zh": true,
}

func (n *node) nonLatin() bool { return nonLatin[n.lang.Value()] }

// translatable reports whether an article may have translations: it credits an agency as its writer, or is an agency's own.
func (n *node) translatable() bool { return len(n.credits.writers) > 0 && !n.roundup }

// mayTranslate reports whether two articles may be translations of each other, apart from their names.
func mayTranslate(a, b *node) bool {
	return a.lang != b.lang && a.lang.Value() != "" && b.lang.Value() != "" && a.headline != b.headline &&
		a.translatable() && b.translatable() && max(a.at-b.at, b.at-a.at) <= translationSeconds && intersects(a.credits.writers, b.credits.writers)
}

// agencyIndex finds the articles that may be translations, by their names and pictures.
type agencyIndex struct {
	docs        int
	df          termCounts // articles with a name or a figure
	names       *compact.Postings
	pictures    *compact.Postings
	pictureUses termCounts // articles of an outlet in one language with a picture, by pictureKey
}

// count adds the names, figures and pictures of an article to the statistics. It removes them if by is -1.
func (x *agencyIndex) count(n *node, by int32) {
	if !n.translatable() {
		return
	}
	x.docs += int(by)
	for _, list := range [...][]uint32{n.print.Names, n.print.Figures} {
		for _, h := range list {
			x.df.add(h, by)
		}
	}
	for _, h := range n.print.Pictures {
		x.pictureUses.add(pictureKey(n, h), by)
	}
}

// add adds the postings of an article.
func (x *agencyIndex) add(n *node) {
	if !n.translatable() {
		return
	}
	for _, h := range n.print.Names {
		x.names.Add(scriptKey(h, n.nonLatin()), n.number)
	}
	for _, h := range n.print.Pictures {
		x.pictures.Add(h, n.number)
	}
}

// pictureKey identifies a picture among the articles of an outlet in one language.
func pictureKey(n *node, picture uint32) uint32 {
	return uint32(mixHash(mixHash(n.outlet, stringHash(n.lang.Value())), uint64(picture))>>32) | 1
}

// scriptKey is the posting key of a name in Latin letters or in other scripts. The lowest bit of a name's hash is unused.
func scriptKey(name uint32, nonLatin bool) uint32 { return name | uint32(indicator(nonLatin)) }

// rarePicture reports whether few articles of a node's outlet have a picture.
func (x *agencyIndex) rarePicture(n *node, picture uint32) bool {
	return x.pictureUses.of(pictureKey(n, picture)) <= maxPictureUses
}

// samePicture reports whether two articles have a rare picture in common.
func (x *agencyIndex) samePicture(a, b *node) bool {
	for h := range intersection(a.print.Pictures, b.print.Pictures) {
		if x.rarePicture(a, h) && x.rarePicture(b, h) {
			return true
		}
	}
	return false
}

// idf returns the inverse document frequency of a name or a figure, in nats.
func (x *agencyIndex) idf(h uint32) float64 {
	return max(0, math.Log(float64(x.docs)+unseenArticles)-logHalf(x.df.of(h)))
}

// nameRarity sums the idf of an article's names. A name in Latin letters has two hashes, and that of its consonants does not
// count again.
func (x *agencyIndex) nameRarity(n *node) float64 {
	sum := 0.0
	for _, h := range n.print.Names {
		if !prints.NameBySound(h) || n.nonLatin() {
			sum += x.idf(h)
		}
	}
	return sum
}

// termCounts counts articles by term in an open-addressing hash table. Every comparison looks up each common term, and a Go map
// takes three times the time and twice the memory. 0 is not a term.
type termCounts struct {
	slots []termCount // a power of two, at most two thirds of them used
	used  int         // used slots, including terms whose count is 0 again
	live  int         // terms with a count other than 0
}

type termCount struct {
	term uint32
	n    int32
}

// slot returns the slot of a term, or the free slot for it.
func (c *termCounts) slot(term uint32) *termCount {
	mask := len(c.slots) - 1
	h := term * 0x9e3779b1 // only the highest bits of terms are used
	for i := int(h^term>>15) & mask; ; i = (i + 1) & mask {
		if s := &c.slots[i]; s.term == term || *s == (termCount{}) {
			return s
		}
	}
}

func (c *termCounts) of(term uint32) int32 {
	if len(c.slots) == 0 {
		return 0
	}
	return c.slot(term).n
}

// add adds n, which may be negative.
func (c *termCounts) add(term uint32, n int32) {
	if c.used*3 >= len(c.slots)*2 { // a new table, without terms whose count is 0
		old, size := c.slots, 1024
		for size < 2*c.live+2 {
			size *= 2
		}
		c.slots, c.used = make([]termCount, size), c.live
		for _, s := range old {
			if s.n > 0 {
				*c.slot(s.term) = s
			}
		}
	}
	s := c.slot(term)
	if s.term != term {
		s.term = term
		c.used++
	}
	before := s.n
	s.n = max(s.n+n, 0)
	c.live += min(int(s.n), 1) - min(int(before), 1)
}

// logTable holds logHalf of small numbers.
var logTable = func() (logs [4096]float64) {
	for n := range logs {
		logs[n] = math.Log(float64(n) + .5)
	}
	return logs
}()

// logHalf returns the logarithm of n + ½, within 1e-7 for large n. The table takes a third of the time of math.Log.
func logHalf(n int32) float64 {
	if int(n) < len(logTable) {
		return logTable[n]
	}
	k := bits.Len32(uint32(n)) - 12
	top := n >> k
	more := (float64(n)+.5)/float64(int32(1)<<k) - float64(top) - .5
	return logTable[top] + more/(float64(top)+.5) + float64(k)*math.Ln2
}
