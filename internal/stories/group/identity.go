package group

import (
	"headwater/internal/stories/prints"
)

// What makes two items of feeds one article: the same words, or one address where the rest does not contradict it. Link lists,
// changelogs and live pages have many items at one address, and so has a site whose query parameters name its articles though
// they look like tracking parameters. Front pages, sections, archives of a day and pages of status have no weight (addressHash);
// items at these are compared by their words. At any other address titles or texts must share a little. Versions of a running report
// do; four posts at the address of one page of links do not.
const (
	minDuplicateWords = 30 // of a text that makes two articles duplicates
	minDuplicateTitle = 4  // terms of a title that makes two articles of one outlet duplicates where neither has a text
	labelWords        = 8  // below which a text is no more than a name or a label
	minTitleTerms     = 3  // below which equal titles say nothing
	distinctiveTitle  = 6  // terms of a title from which no two writers choose it by chance

	// addressTerms is the share of the fewer terms of title and first 200 words that two items at one address have in common at
	// least to be one article. Of pairs of one outlet's articles 1 in 50 have so much; of the versions of its running reports all.
	addressTerms    = .2
	minAddressTerms = 3 // in common at least: short items share one or two by chance
	// addressTitle is the share of one's title terms that occur in the other. Where one of the two has no text, less is to be had.
	addressTitle, minAddressTitle = .5, minTitleTerms
	listingTitle, minListingTitle = .3, 2

	sameArticleStory = .95 // story probability of one article that its outlet lists twice
	unrelatedStory   = .1  // story probability of articles that are not one story whatever they have in common
)

// duplicateKey is equal for articles with the same words; articles without a text must also have the same outlet. It differs for
// articles that corrections keep apart, whose cannotLink differs. Not ok means that the article has no duplicates.
func (n *node) duplicateKey(cannotLink string) (key uint64, ok bool) {
	var body, outlet uint64
	switch {
	case n.body != 0 && n.words >= minDuplicateWords:
		body = n.body
	case n.words < labelWords && n.titleTerms >= minDuplicateTitle:
		outlet = n.outlet
	default:
		return 0, false
	}
	return mixHash(mixHash(mixHash(mixHash(0, body), n.headline), outlet), stringHash(cannotLink)), true
}

// sameAddress says whether two nodes have one address, and titles or texts by which they can be one article.
func sameAddress(a, b *node) bool {
	if a.address == 0 || a.address != b.address {
		return false
	}
	p, q := a.print, b.print
	if len(p.Terms) == 0 || len(q.Terms) == 0 || p.Body != 0 && p.Body == q.Body {
		return true
	}
	share, least := addressTitle, minAddressTitle
	if min(p.Words, q.Words) < labelWords {
		share, least = listingTitle, min(minListingTitle, max(len(p.Title), 1), max(len(q.Title), 1))
	}
	agree := func(terms, others []uint32, share float64, least int) bool {
		return containment(terms, others) >= share && prints.Shared(terms, others) >= least
	}
	return agree(p.Title, q.Terms, share, least) || agree(q.Title, p.Terms, share, least) ||
		agree(p.Terms, q.Terms, addressTerms, minAddressTerms) || agree(q.Terms, p.Terms, addressTerms, minAddressTerms)
}

// sameArticle says whether an edge connects two items of one article of an outlet: both have its address and are one story by
// themselves, or both have its title and no text that could differ. An item without words may be any article at its address,
// and connects nothing.
func (n *node) sameArticle(e edge, storyAt float64) bool {
	m := e.to
	if n.outlet != m.outlet || n.outlet == 0 {
		return false
	}
	if n.address != 0 && n.address == m.address && float64(e.story) >= storyAt {
		return n.titleTerms+n.words > 0 && m.titleTerms+m.words > 0
	}
	return n.titleTerms >= minDuplicateTitle && n.headline == m.headline && min(n.words, m.words) < labelWords
}

// isListing says whether an edge connects an article and a listing of it: the same distinctive title, and on one side no text that
// could differ. Other articles that the article resembles have other titles, and say nothing of the listing.
func (n *node) isListing(e edge, storyAt float64) bool {
	return float64(e.story) >= storyAt && n.headline == e.to.headline && n.titleTerms >= distinctiveTitle && min(n.words, e.to.words) < labelWords
}
