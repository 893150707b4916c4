package group

import (
	"math"

	"headwater/internal/stories/compact"
	"headwater/internal/stories/prints"
)

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
