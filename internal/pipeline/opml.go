package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"

	"headwater/internal/news"
	"headwater/internal/opml"
)

// List puts feeds and topics into a list.
func List(title string, feeds []news.Feed, topics []news.Topic) opml.List {
	list := opml.List{Title: title, Topics: topics}
	for _, f := range feeds {
		list.Feeds = append(list.Feeds, opml.Outline{URL: f.URL, Title: f.Title, Site: f.Site, Folder: f.Folder, FullText: f.FullText})
	}
	return list
}

// WriteOPML writes the feeds and everybody's topics as a list.
func (n *Newsroom) WriteOPML(ctx context.Context, w io.Writer, title string) error {
	feeds, err := n.Store.Feeds(ctx)
	if err != nil {
		return err
	}
	topics, err := n.Store.Topics(ctx, 0)
	if err != nil {
		return err
	}
	return opml.Write(w, List(title, feeds, topics))
}

// ReadOPML takes over a list: all of its feeds or none, and its topics. A topic whose name is taken stays as it is.
func (n *Newsroom) ReadOPML(ctx context.Context, r io.Reader) (done news.Imported, err error) {
	list, problems, err := opml.Read(r)
	if err != nil {
		return done, &news.RefusedError{Text: err.Error(), Cause: err}
	}
	for _, p := range problems {
		done.Problems = append(done.Problems, p.String())
	}
	feeds := make([]news.Feed, 0, len(list.Feeds))
	for _, o := range list.Feeds {
		feeds = append(feeds, news.Feed{URL: o.URL, Title: o.Title, Site: o.Site, Folder: o.Folder, FullText: o.FullText})
	}
	fresh, err := n.AddFeeds(ctx, feeds)
	done.Feeds, done.KnownFeeds = len(fresh), len(feeds)-len(fresh)
	if err != nil {
		return done, err
	}
	return done, n.AddTopics(ctx, list.Topics, &done)
}

// AddTopics follows the topics of a list for everybody, and notes which there were already, or are wrong. A topic whose
// name is taken by one that asks for something else is one of the latter.
func (n *Newsroom) AddTopics(ctx context.Context, topics []news.Topic, done *news.Imported) error {
	for _, t := range topics {
		if err := checkTopic(t); err != nil {
			done.Problems = append(done.Problems, fmt.Sprintf("the topic %q was left out: %v", t.Name, err))
			continue
		}
		_, err := n.AddTopic(ctx, t)
		switch {
		case errors.Is(err, news.ErrExists):
			if err := n.noteTaken(ctx, t, done); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			done.Topics++
		}
	}
	return nil
}

// noteTaken notes a topic whose name is taken: by itself, or by another.
func (n *Newsroom) noteTaken(ctx context.Context, t news.Topic, done *news.Imported) error {
	have, err := n.Topic(ctx, 0, t.Name)
	if err != nil {
		return err
	}
	if have.Query == t.Query && have.Options.Equal(t.Options) {
		done.KnownTopics++
		return nil
	}
	done.Problems = append(done.Problems,
		fmt.Sprintf("the topic %q was left out: there is one of that name that asks for something else; rename one of them", t.Name))
	return nil
}
