package newsroom

import (
	"context"
	"io"

	"headwater/internal/news"
	"headwater/internal/opml"
)

// WriteOPML writes the feeds as a list.
func (n *Newsroom) WriteOPML(ctx context.Context, w io.Writer, title string) error {
	feeds, err := n.Store.Feeds(ctx)
	if err != nil {
		return err
	}
	list := opml.List{Title: title}
	for _, f := range feeds {
		list.Feeds = append(list.Feeds, opml.Outline{URL: f.URL, Title: f.Title, Site: f.Site, Folder: f.Folder})
	}
	return opml.Write(w, list)
}

// ReadOPML subscribes to the feeds of a list, all or none of them, and says how many are new.
func (n *Newsroom) ReadOPML(ctx context.Context, r io.Reader) (added int, err error) {
	list, _, err := opml.Read(r)
	if err != nil {
		return 0, err
	}
	feeds := make([]news.Feed, 0, len(list.Feeds))
	for _, o := range list.Feeds {
		feeds = append(feeds, news.Feed{URL: o.URL, Title: o.Title, Site: o.Site, Folder: o.Folder})
	}
	fresh, err := n.AddFeeds(ctx, feeds)
	return len(fresh), err
}
