package group

import (
	"math"

	"headwater/internal/stories/compact"
	"headwater/internal/stories/prints"
)

// An agency sends one report in several languages within hours. The versions share no words to speak of, but names, figures and
// the time. So they are found by rare names and by pictures among the articles that credit one agency as the writer.
//
// A print has the names of the opening as words without accents, and beside them by their consonants (prints/consonants.txt: Trump,
// Трамп and トランプ are TRNP), which is all that names in katakana and Cyrillic have. Names of fewer than three consonants, and Arabic,
// Hangul and Chinese names, are not compared, only words in Latin letters beside them.
const (
	translationSeconds  = 12 * 60 * 60 // between an article and its translation, at most
	maxNameArticles     = 100          // with a name or picture; a more common one finds nothing
	maxPictureUses      = 3            // articles of an outlet in one language; a picture that more have is a logo, a map or a portrait
	minTranslationNames = 10           // nats of names in common below which articles are not compared

	// unseenArticles are added to the number of articles by which names and figures are weighed: in a small window nothing is known
	// to be rare.
	unseenArticles = 150
)

// nonLatin are the languages that are never written in Latin letters. Names in them are compared by their consonants.
var nonLatin = map[string]bool{
	"am": true, "ar": true, "be": true, "bg": true, "bn": true, "el": true, "fa": true, "he": true, "hi": true, "hy": true, "ja": true,
	"ka": true, "km": true, "ko": true, "lo": true, "mk": true, "mn": true, "mr": true, "my": true, "ne": true, "ru": true,
	"ta": true, "te": true, "th": true, "uk": true, "ur": true, "zh": true,
}

func (n *node) nonLatin() bool { return nonLatin[n.lang.Value()] }

// translatable says whether an article may have translations: it credits an agency as its writer, or is an agency's own.
func (n *node) translatable() bool { return len(n.credits.writers) > 0 && !n.roundup }

// mayTranslate says whether two articles may be one in two languages, names aside.
func mayTranslate(a, b *node) bool {
	return a.lang != b.lang && a.lang.Value() != "" && b.lang.Value() != "" && a.headline != b.headline &&
		a.translatable() && b.translatable() && max(a.at-b.at, b.at-a.at) <= translationSeconds && intersects(a.credits.writers, b.credits.writers)
}

// agencyIndex has the articles that may have translations, by their names and pictures.
type agencyIndex struct {
	docs        int
	df          termCounts // articles with a name or a figure
	names       *compact.Postings
	pictures    *compact.Postings
	pictureUses termCounts // articles of an outlet in one language with a picture, by pictureKey
}

// count adds the names, figures and pictures of an article to the statistics, or takes them out where by is -1.
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

// add makes an article findable.
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

// scriptKey finds articles with a name in Latin letters, or in other scripts. The lowest bit of names is free.
func scriptKey(name uint32, nonLatin bool) uint32 { return name | uint32(indicator(nonLatin)) }

// rarePicture says whether a picture is beside few articles of a node's outlet.
func (x *agencyIndex) rarePicture(n *node, picture uint32) bool {
	return x.pictureUses.of(pictureKey(n, picture)) <= maxPictureUses
}

// samePicture says whether two articles have a rare picture in common.
func (x *agencyIndex) samePicture(a, b *node) bool {
	for h := range intersection(a.print.Pictures, b.print.Pictures) {
		if x.rarePicture(a, h) && x.rarePicture(b, h) {
			return true
		}
	}
	return false
}

// idf is the inverse document frequency of a name or a figure, in nats.
func (x *agencyIndex) idf(h uint32) float64 {
	return max(0, math.Log(float64(x.docs)+unseenArticles)-logHalf(x.df.of(h)))
}

// nameRarity sums the idf of an article's names. A name in Latin letters has the hash of its consonants beside its own, which
// does not count again.
func (x *agencyIndex) nameRarity(n *node) float64 {
	sum := 0.0
	for _, h := range n.print.Names {
		if !prints.NameBySound(h) || n.nonLatin() {
			sum += x.idf(h)
		}
	}
	return sum
}
