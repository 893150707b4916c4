package group

import (
	"headwater/internal/stories/prints"
	"headwater/internal/weburl"
)

// One address says that two items are one article where the rest does not speak against it. Link lists, changelogs and live
// pages have many items at one address, and so has a site whose addresses differ in what is taken for a mark.
const (
	// sameWords is the share of the fewer terms of title and first 200 words that two items at one address have in common at
	// least to be one article. Of pairs of one outlet's articles 1 in 50 have so much; of the versions of its running reports all.
	sameWords = .2
	fewWords  = 3 // that they have in common at least: short items share one or two by chance
	// titleShare is the share of one's title terms that stand in the other, and fewTitleWords how many at least. Where one of the
	// two has no text, less is to be had.
	titleShare, fewTitleWords     = .5, minKeyedTitle
	listingShare, fewListingWords = .3, 2

	listedAgain = .95 // story probability of one article of one outlet, listed twice
	neverOne    = .1  // story probability of articles that are not one whatever they have in common
)

// addressHash is the hash of a canonical address, 0 for none and for one at which many articles may stand.
func addressHash(canonical string) uint64 {
	if canonical == "" || !weburl.NamesArticle(canonical) {
		return 0
	}
	return stringHash(canonical)
}

// oneArticle says whether two nodes have one address, and titles or texts that let them be one article.
func oneArticle(a, b *node) bool {
	if a.address == 0 || a.address != b.address {
		return false
	}
	p, q := a.Print, b.Print
	if len(p.Terms) == 0 || len(q.Terms) == 0 || p.Body != 0 && p.Body == q.Body {
		return true
	}
	share, few := titleShare, fewTitleWords
	if min(p.Words, q.Words) < minTwinText {
		share, few = listingShare, min(fewListingWords, max(len(p.Title), 1), max(len(q.Title), 1))
	}
	return agree(p.Title, q.Terms, share, few) || agree(q.Title, p.Terms, share, few) ||
		agree(p.Terms, q.Terms, sameWords, fewWords) || agree(q.Terms, p.Terms, sameWords, fewWords)
}

// agree says whether so large a share of some terms stands among others, and so many.
func agree(terms, others []uint32, share float64, few int) bool {
	return portion(terms, others) >= share && prints.Shared(terms, others) >= few
}
