package pipeline

import (
	"context"
	"fmt"
	"strings"

	"headwater/internal/intake/discover"
	"headwater/internal/intake/parse"
	"headwater/internal/news"
)

// FindFeedsOf looks for the feeds behind a document that somebody kept as a file called name: a feed, or a saved page. A
// file brings nothing new, so that the address is looked for that the document says it has, or its site's. Feeds are
// those that there are already.
func (n *Newsroom) FindFeedsOf(ctx context.Context, feeds []news.Feed, name string, doc []byte) (news.Finding, error) {
	s := sight{asked: name}
	s.resp.Body = doc
	s.doc, s.err = parse.Parse(ctx, doc, n.Parse)
	if ctx.Err() != nil {
		return news.Finding{}, ctx.Err()
	}
	const cannot = "; a file brings nothing new, so give the address that it came from"
	kept := discover.SavedOf(doc, s.isFeed())
	var from, why string
	switch {
	case s.isFeed() && kept.Self != "":
		from, why = kept.Self, fmt.Sprintf("%s is a copy of %s", name, kept.Self)
	case s.isFeed() && s.doc.Link != "":
		from, why = s.doc.Link, fmt.Sprintf("%s is a feed that does not say what its address is, only that of its site, %s", name, s.doc.Link)
	case s.isFeed():
		return news.Finding{Problem: name + " is a feed that does not say what its address is" + cannot}, nil
	case !s.isPage():
		return news.Finding{Problem: s.problem()}, nil
	case len(kept.Feeds) > 1:
		found := news.Finding{Note: name + " is a page that links to several feeds"}
		for _, l := range kept.Feeds[:min(len(kept.Feeds), maxFound)] {
			found.Feeds = append(found.Feeds, news.FoundFeed{URL: l.URL, Title: l.Title})
		}
		markKnown(feeds, found)
		return found, nil
	case len(kept.Feeds) == 1:
		from, why = kept.Feeds[0].URL, fmt.Sprintf("%s is a page that links to the feed %s", name, kept.Feeds[0].URL)
	case kept.Page != "":
		from, why = kept.Page, fmt.Sprintf("%s is a copy of the page %s", name, kept.Page)
	default:
		return news.Finding{Problem: name + " is no feed, and no page that says what its address is or links to a feed" + cannot}, nil
	}
	found, err := n.FindFeedsBeside(ctx, feeds, from)
	switch {
	case found.Problem != "":
		found.Problem = why + ": " + found.Problem
	case len(found.Feeds) == 1 && found.Note == "":
		found.Note = fmt.Sprintf("%s; %s is taken", why, found.Feeds[0].URL)
	default:
		found.Note = strings.TrimSuffix(why+"; "+found.Note, "; ")
	}
	return found, err
}
