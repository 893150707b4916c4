package subscribe

import (
	"context"
	"crypto/rand"
	"strings"

	"golang.org/x/text/unicode/norm"

	"headwater/internal/news"
)

// AddNewsletter adds a newsletter of a title, and makes its mail address: a word of the title for people, and a part that can't be
// guessed. If there is a newsletter of this title, it returns that and news.ErrExists. It returns errors as AddFeed.
func (f *Feeds) AddNewsletter(ctx context.Context, feed news.Feed) (news.Feed, error) {
	e, err := checkEdit(news.FeedEdit{Title: &feed.Title, Folder: &feed.Folder, FullText: &feed.FullText, Pictures: &feed.Pictures, Lang: &feed.Lang})
	if err != nil {
		return news.Feed{}, err
	}
	feed.Title, feed.Folder, feed.Lang = *e.Title, *e.Folder, *e.Lang
	if feed.Title == "" {
		return news.Feed{}, refuse("a newsletter needs a name")
	}
	have, err := f.Store.FeedLines(ctx)
	if err != nil {
		return news.Feed{}, err
	}
	for _, h := range have {
		if _, ok := h.Newsletter(); ok && h.Title == feed.Title {
			stored, err := f.Store.Feed(ctx, h.ID)
			if err == nil {
				err = news.ErrExists
			}
			return stored, err
		}
	}
	if feed.Added.IsZero() {
		feed.Added = f.Now()
	}
	feed.URL, feed.State = news.NewsletterURL(localPart(feed.Title)), news.FeedWaiting
	return f.Store.AddFeed(ctx, feed)
}

// localPart makes the local part of a newsletter's mail address, of 64 bytes at most (RFC 5321).
func localPart(title string) string {
	const words, secret = 20, 20 // letters of the title; letters of base32, of which each has 5 bits
	var b strings.Builder
	for _, r := range strings.ToLower(norm.NFKD.String(title)) {
		switch {
		case b.Len() == words:
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case (r == ' ' || r == '-' || r == '.') && b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	name := strings.Trim(b.String(), "-")
	if name == "" {
		name = "letter"
	}
	return name + "-" + strings.ToLower(rand.Text()[:secret])
}
