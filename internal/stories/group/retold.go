package group

import (
	"math"
	"slices"

	"headwater/internal/news"
)

// An article that says at its opening whose report it gives ("according to reporting by The Example"), and a teaser at
// that outlet: title and a sentence share few words with a retelling, but who wrote it is known. What is left to settle is
// which of the outlet's items it is, and for that agreeing names, openings and words are enough. A cluster's linkage sees
// to it that a retelling of one report does not join two teasers that differ.
const (
	wholeStrength = .85 // of a claim that speaks for the whole article
	teaserWords   = 100 // words up to which an outlet's own item is a teaser

	retoldPrior, retoldNames, retoldOpening, retoldWords = -4.2, 5, 8, 6
)

// wholeCredit gives the hash of the outlet whose report an article gives as a whole, 0 for none.
func wholeCredit(claims []news.Claim, own uint64) uint64 {
	var best news.Claim
	for _, c := range claims {
		if (c.Kind == news.ClaimReport || c.Kind == news.ClaimSource) && c.Strength >= wholeStrength && c.Strength > best.Strength {
			best = c
		}
	}
	if key := nameHash(best.Credited().Key()); key != own {
		return key
	}
	return 0
}

// A film or a recording that opens with the words of its outlet's article tells that article again, hours later and under another
// headline. A programme that goes through the news of the day has it among other things.
const (
	filmLead    = .5 // share of the lead that both have
	filmText    = .3 // and of the prose of both
	filmOpening = .5 // cosine of the openings
	filmTitle   = .5 // share of one headline, by rarity, that stands in the other's headline or opening

	filmed = .9
)

// A site that reruns an agency keeps the version that it took, and often names nobody. By the time that the agency's own item is seen it has
// been written through: the headline is nearly the same, and of the old lead some half of a sentence stands in it.
const (
	keptTitle     = .7  // Jaccard index of the headlines
	keptHeadline  = .9  // share of one headline, by rarity, that stands in the other's headline or opening
	keptLead      = .2  // greater share of one's lead that stands in the other
	keptOpening   = .5  // cosine of the openings
	keptSoon      = .21 // twelve hours
	writtenByThen = .8
)

// retold gives the probability that one of the two retells the other, which is a teaser of the outlet that it credits with the whole report,
// the article of which it is the film, or a later version of it by the agency that wrote it; 0 where none does.
func retold(a, b *node, f *Features) float64 {
	if sameOutlet(a, b) && a.media != b.media && f[leads] >= filmLead && f[mutual] >= filmText && f[opening] >= filmOpening && f[titleLead] >= filmTitle {
		return filmed
	}
	if (a.keeps(b) || b.keeps(a)) && f[title] >= keptTitle && f[titleLead] >= keptHeadline && f[titleFigures] == 0 &&
		f[lead] >= keptLead && f[opening] >= keptOpening && f[soon] >= keptSoon {
		return writtenByThen
	}
	if !a.retells(b) && !b.retells(a) {
		return 0
	}
	return sigmoid(retoldPrior + retoldNames*min(f[names], .4) + retoldOpening*f[opening] + retoldWords*f[cosine])
}

func (n *node) retells(teaser *node) bool {
	return n.credits.whole != 0 && n.credits.whole == teaser.outlet && teaser.outlet != n.outlet && teaser.Print.Words <= teaserWords
}

// keeps says that an article names nobody as its writer, and the other is an agency's own.
func (n *node) keeps(other *node) bool {
	return len(n.credits.prose) == 0 && slices.Contains(other.credits.prose, other.outlet)
}

// retoldReason says why a retelling, a film or an early version is in the story of the report.
func retoldReason(p float64) news.Evidence {
	odds := math.Log(p/(1-p)) - retoldPrior
	return news.Evidence{
		Kind: "likeness", Detail: "one gives the other's report, as its words, its address or its headline say, and names and openings agree",
		Weight: math.Round(odds*100) / 100,
	}
}
