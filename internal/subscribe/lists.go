package subscribe

import (
	"context"
	"errors"
	"fmt"
	"io"

	"headwater/internal/news"
	"headwater/internal/opml"
	"headwater/internal/weburl"
)

// Lists reads and writes OPML lists of feeds and topics.
type Lists struct {
	Feeds  *Feeds
	Topics *Topics
}

// List returns an OPML list of feeds and topics.
func List(title string, feeds []news.Feed, topics []news.Topic) opml.List {
	list := opml.List{Title: title, Topics: topics}
	for _, f := range feeds {
		list.Feeds = append(list.Feeds, opml.Outline{URL: f.URL, Title: f.Title, Site: f.Site, Folder: f.Folder, FullText: f.FullText})
	}
	return list
}

// WriteOPML writes the feeds and everybody's topics as a list. Without secrets, passwords and tokens are left out of the feeds' addresses.
func (l *Lists) WriteOPML(ctx context.Context, w io.Writer, title string, secrets bool) error {
	feeds, err := l.Feeds.Store.Feeds(ctx)
	if err != nil {
		return err
	}
	if !secrets {
		for i := range feeds {
			feeds[i].URL, feeds[i].Site = weburl.Shown(feeds[i].URL), weburl.Shown(feeds[i].Site)
		}
	}
	topics, err := l.Topics.Store.Topics(ctx, 0)
	if err != nil {
		return err
	}
	return opml.Write(w, List(title, feeds, topics))
}

// ReadOPML adds the contents of a list: all of its feeds or none, and its topics for everybody where topics says so, else none of them.
// A topic whose name is taken stays unchanged. It returns a *news.RefusedError for a file that is no list.
func (l *Lists) ReadOPML(ctx context.Context, r io.Reader, topics bool) (done news.Imported, err error) {
	list, notes, err := opml.Read(r)
	if err != nil {
		return done, &news.RefusedError{Text: err.Error(), Cause: err}
	}
	done.Notes = notes
	have, err := l.Feeds.Store.FeedLines(ctx)
	if err != nil {
		return done, err
	}
	known := map[string]bool{"": true} // folders
	for _, f := range have {
		known[f.Folder] = true
	}
	feeds := make([]news.Feed, 0, len(list.Feeds))
	for _, o := range list.Feeds {
		feeds = append(feeds, news.Feed{URL: o.URL, Title: o.Title, Site: o.Site, Folder: o.Folder, FullText: o.FullText})
	}
	fresh, err := l.Feeds.AddFeeds(ctx, feeds)
	done.Feeds, done.KnownFeeds = len(fresh), len(feeds)-len(fresh)
	if err != nil {
		return done, err
	}
	for _, f := range fresh {
		if !known[f.Folder] {
			known[f.Folder] = true
			done.Folders = append(done.Folders, f.Folder)
		}
	}
	if topics {
		err = l.Topics.AddAll(ctx, list.Topics, &done)
	} else {
		for _, t := range list.Topics {
			done.Notes = append(done.Notes, news.ImportNote{
				Text: fmt.Sprintf("the topic %q was left out: the topics of everybody are for editors and admins to change", t.Name),
			})
		}
	}
	return done, err
}

// AddAll adds the topics of a list for everybody. It counts added and existing topics in done. It adds to done.Notes
// the topics that are wrong, and those whose name another topic has.
func (t *Topics) AddAll(ctx context.Context, topics []news.Topic, done *news.Imported) error {
	for _, topic := range topics {
		if err := checkTopic(topic); err != nil {
			done.Notes = append(done.Notes, news.ImportNote{Text: fmt.Sprintf("the topic %q was left out: %v", topic.Name, err)})
			continue
		}
		_, err := t.AddTopic(ctx, topic)
		if err == nil {
			done.Topics++
			continue
		}
		if !errors.Is(err, news.ErrExists) {
			return err
		}
		have, err := t.Store.Topic(ctx, 0, topic.Name)
		if err != nil {
			return err
		}
		if have.Query == topic.Query && have.Options.Equal(topic.Options) {
			done.KnownTopics++
			continue
		}
		done.Notes = append(done.Notes, news.ImportNote{
			Text: fmt.Sprintf("the topic %q was left out: there is one of that name that asks for something else; rename one of them", topic.Name),
		})
	}
	return nil
}
