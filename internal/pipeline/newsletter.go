package pipeline

import (
	"context"
	"errors"
	"io"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/mail"
	"headwater/internal/news"
	"headwater/internal/store"
)

// Newsletters are feeds that mails bring. A mail is an item, stored as a poll's items are, in one transaction for all newsletters that
// it is for. It is known again by its id (package mail), so one that is delivered twice is one article. Its address names no item, so
// no mail replaces another. A poll of a newsletter requests nothing: it says whether this server receives mails.

// Newsletter returns the newsletter whose mail address has a local part, or news.ErrNotFound.
func (p *Pipeline) Newsletter(ctx context.Context, local string) (news.Feed, error) {
	return p.options.Store.FeedByURL(ctx, news.NewsletterURL(local))
}

// errNotTaken is returned for a newsletter that was removed or paused while a mail for it arrived.
var errNotTaken = errors.New("a newsletter was removed or paused while a mail for it arrived")

// ReceiveMail stores a mail as an article of each of some newsletters. When it returns nil, all of them are on the disk. It may be
// repeated with the same mail.
func (p *Pipeline) ReceiveMail(ctx context.Context, newsletters []news.Feed, r io.Reader) (err error) {
	doc, err := mail.Read(r)
	if err != nil {
		return err
	}
	ctx, span := p.options.Traces.Begin(ctx, "receive mail")
	defer func() { span.End(err) }()
	polls := make([]store.Poll, len(newsletters))
	for i, f := range newsletters {
		if polls[i], err = p.collector.readMail(ctx, f, doc); err != nil {
			return err
		}
	}
	tallies, err := p.options.Store.Collect(ctx, polls)
	if err != nil {
		return err
	}
	for i, t := range tallies {
		span.Stored(ctx, t.First, t.New, "headwater.feed", newsletters[i].ID)
		if t == (store.Tally{}) {
			err = errNotTaken
		}
		p.countItems(t)
	}
	return err
}

// readMail returns what is to be stored of a mail for a newsletter.
func (c *Collector) readMail(ctx context.Context, f news.Feed, doc news.Document) (store.Poll, error) {
	release, err := c.claimParser(ctx)
	if err != nil {
		return store.Poll{}, err
	}
	defer release()
	before, err := c.store.Furniture(ctx, f.ID)
	if err != nil {
		return store.Poll{}, err
	}
	f.Checked = c.now()
	p := store.Poll{Pushed: true}
	p.Articles, p.Furniture = c.clean(doc, f, before)
	for i := range p.Articles { // a publisher may correct a page; a mail is as it was sent
		p.Articles[i].Keys.Address = ""
	}
	f.State, f.Problem = stateOf(doc, f.Articles)
	endFailures(&f)
	p.Feed = f
	return p, nil
}

// checkNewsletter is the poll of a newsletter.
func (c *Collector) checkNewsletter(f news.Feed) pollResult {
	f.Checked = c.now()
	if c.noMail {
		err := &fetch.Error{
			State: news.FeedUnreachable, Cause: news.CauseNoMail, URL: f.URL,
			Err: errors.New("this server receives no mails; set newsletters.listen in config.yaml and start it again"),
		}
		c.setFailed(&f, err)
		return pollResult{poll: store.Poll{Feed: f}, err: err}
	}
	endFailures(&f)
	if f.State != news.FeedRepaired || f.Articles == 0 {
		f.State, f.Problem = news.FeedOK, ""
	}
	if f.Articles == 0 {
		f.State, f.Problem = news.FeedEmpty, "no mail has come yet"
	}
	f.Due, f.Rule = c.pace.AfterMail(f.Checked)
	return pollResult{poll: store.Poll{Feed: f}, unchanged: true}
}
