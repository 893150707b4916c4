package group

import (
	"headwater/internal/stories/prints"
)

// Rules for two items of feeds to be one article: they have the same words, or one address and nothing contradicts it. Several
// kinds of sites have many items at one address: link lists, changelogs, live pages, and sites whose article parameters look
// like tracking parameters. The addresses of front pages, sections, daily archives and status pages are ignored (addressHash),
// and items at these are compared by their words. At any other address, titles or texts must share a little. Versions of a
// running report do. Four posts at the address of one page of links do not.
const (
	minDuplicateWords = 30 // words of a text that makes two articles duplicates
	minDuplicateTitle = 4  // terms of a title that makes two articles of one outlet duplicates if neither has a text
	labelWords        = 8  // words below which a text is only a name or a label
	minTitleTerms     = 3  // terms below which equal titles say nothing
	distinctiveTitle  = 6  // terms of a title from which two writers do not choose it by chance

	// addressTerms is the minimum share of common terms, in title and first 200 words and relative to the item with fewer, for
	// two items at one address to be one article. Of the pairs of one outlet's articles 1 in 50 reaches it. Of the versions of
	// its running reports all do.
	addressTerms    = .2
	minAddressTerms = 3 // minimum number of terms in common, since short items share one or two by chance
	// addressTitle is the minimum share of a title's terms that occur in the other item. If one item has no text, listingTitle
	// applies instead.
	addressTitle, minAddressTitle = .5, minTitleTerms
	listingTitle, minListingTitle = .3, 2

	sameArticleStory = .95 // story probability of one article that its outlet lists twice
	unrelatedStory   = .1  // story probability of articles that are not one story whatever they have in common
)

// duplicateKey is equal for articles with the same words. Articles without a text must also have the same outlet. The key
// differs for articles that corrections keep apart, since their cannotLink differs. If ok is false, the article has no
// duplicates.
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

// sameAddress reports whether two nodes have one address, and titles or texts that allow them to be one article.
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

// sameArticle reports whether an edge connects two items of one article of an outlet. Either both have its address and are one
// story by themselves, or both have its title and no text that could differ. An item without words may be any article at its
// address, so it connects nothing.
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

// isListing reports whether an edge connects an article and a listing of it: the same distinctive title, and on one side no
// text that could differ. Articles with other titles that are similar to the article say nothing about the listing.
func (n *node) isListing(e edge, storyAt float64) bool {
	return float64(e.story) >= storyAt && n.headline == e.to.headline && n.titleTerms >= distinctiveTitle && min(n.words, e.to.words) < labelWords
}
