package subscribe

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"headwater/internal/intake/fetch"
	"headwater/internal/intake/poll"
	"headwater/internal/news"
	"headwater/internal/weburl"
)

const (
	maxTitle  = 300 // characters of a feed's title
	maxFolder = 300 // characters of a folder's path
	// refreshAfter is the least time between two polls of a feed that people ask for.
	refreshAfter = 5 * time.Minute
)

// RemoveFeed ends a subscription. It can be undone for news.UndoRemoval. The articles stay.
func (f *Feeds) RemoveFeed(ctx context.Context, id int64) error {
	err := f.Store.RemoveFeed(ctx, id)
	f.noteRemoved()
	return err
}

// RemoveFeeds ends subscriptions, as RemoveFeed does, and returns how many there were of these.
func (f *Feeds) RemoveFeeds(ctx context.Context, ids []int64) (int, error) {
	n, err := f.Store.RemoveFeeds(ctx, ids)
	f.noteRemoved()
	return n, err
}

func (f *Feeds) noteRemoved() {
	if f.Removed != nil {
		f.Removed()
	}
}

// RestoreFeeds undoes removals, and returns the feeds that it could restore.
func (f *Feeds) RestoreFeeds(ctx context.Context, ids []int64) ([]int64, error) {
	return f.Store.RestoreFeeds(ctx, ids)
}

// ChangeFeed changes what people set of a feed. It returns a *news.RefusedError for a value that cannot be, and news.ErrNotFound
// for an unknown feed.
func (f *Feeds) ChangeFeed(ctx context.Context, id int64, e news.FeedEdit) error {
	e, err := checkEdit(e)
	if err != nil {
		return err
	}
	return f.Store.ChangeFeed(ctx, id, e)
}

// ChangeFeeds changes several feeds alike, and returns how many there are of these. It returns errors as ChangeFeed.
func (f *Feeds) ChangeFeeds(ctx context.Context, ids []int64, e news.FeedEdit) (int, error) {
	e, err := checkEdit(e)
	if err != nil {
		return 0, err
	}
	return f.Store.ChangeFeeds(ctx, ids, e)
}

// MoveFolder moves the feeds of a folder, and of the folders below it, to another one. Without another they are in no folder. It
// returns how many feeds were moved, and a *news.RefusedError for a name that cannot be.
func (f *Feeds) MoveFolder(ctx context.Context, from, to string) (int, error) {
	to, err := CheckFolder(to)
	switch {
	case err != nil:
		return 0, err
	case strings.HasPrefix(to, from+"/"):
		return 0, refuse("a folder can't be moved into one below it; choose another name")
	case from == "":
		return 0, refuse("feeds without a folder are moved one by one, or by their checkboxes")
	}
	return f.Store.MoveFolder(ctx, from, to)
}

// RemoveFolder leaves the feeds of a folder without one; those of folders below it keep the rest of their path. It returns news.ErrNotFound
// where no feed is in it.
func (f *Feeds) RemoveFolder(ctx context.Context, name string) (news.FolderRemoval, error) {
	if name == "" {
		return news.FolderRemoval{}, refuse("feeds without a folder are in none that could be removed")
	}
	return f.Store.RemoveFolder(ctx, name)
}

// RestoreFolder undoes the removal of a folder, or where undo is 0 the last one, for the feeds that nobody moved since, and returns how many these are. It returns
// news.ErrNotFound where that was undone before, or is longer ago than news.UndoRemoval.
func (f *Feeds) RestoreFolder(ctx context.Context, undo int64) (int, error) {
	return f.Store.RestoreFolder(ctx, undo)
}

func refuse(format string, args ...any) error {
	return &news.RefusedError{Text: fmt.Sprintf(format, args...)}
}

// CheckFolder returns a folder's path in its normal form, without white space around names and without empty names. It returns a
// *news.RefusedError for one that cannot be.
func CheckFolder(folder string) (string, error) {
	var names []string
	for name := range strings.SplitSeq(folder, "/") {
		if name = strings.Join(strings.Fields(name), " "); name != "" {
			names = append(names, name)
		}
	}
	folder = strings.Join(names, "/")
	if err := checkLine("folder", folder, maxFolder); err != nil {
		return "", err
	}
	if slices.Contains(names, ".") || slices.Contains(names, "..") {
		return "", refuse("a folder can't be called %q, as browsers take that for another address; choose another name", folder)
	}
	return folder, nil
}

// checkLine returns what is wrong with a text of one line.
func checkLine(what, s string, most int) error {
	switch {
	case utf8.RuneCountInString(s) > most:
		return refuse("the %s has %d characters; give at most %d", what, utf8.RuneCountInString(s), most)
	case !utf8.ValidString(s):
		return refuse("the %s is not UTF-8", what)
	case strings.ContainsFunc(s, unicode.IsControl):
		return refuse("the %s has a control character; leave it out", what)
	}
	return nil
}

// checkEdit returns a change in its normal form.
func checkEdit(e news.FeedEdit) (news.FeedEdit, error) {
	if e.Title != nil {
		title := strings.Join(strings.Fields(*e.Title), " ")
		if err := checkLine("title", title, maxTitle); err != nil {
			return e, err
		}
		e.Title = &title
	}
	if e.Folder != nil {
		folder, err := CheckFolder(*e.Folder)
		if err != nil {
			return e, err
		}
		e.Folder = &folder
	}
	if e.Site != nil && *e.Site != "" {
		site := strings.TrimSpace(*e.Site)
		if u, err := url.Parse(site); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || weburl.CheckLength(site) != nil {
			return e, refuse("%.100q is no address of a site; it must begin with http:// or https://", site)
		}
		e.Site = &site
	}
	if e.FullText != nil && !slices.Contains([]string{"", "auto", "always", "never"}, *e.FullText) {
		return e, refuse("full text is one of auto, always and never, not %.40q", *e.FullText)
	}
	if e.Pictures != nil && !slices.Contains([]string{"", "proxy", "direct", "hide"}, *e.Pictures) {
		return e, refuse("pictures are shown as one of proxy, direct and hide, not %.40q", *e.Pictures)
	}
	if e.Lang != nil && *e.Lang != "" {
		tag, err := language.Parse(strings.TrimSpace(*e.Lang))
		base, sure := tag.Base()
		if err != nil || sure == language.No {
			return e, refuse("%.40q is no language; give its code, such as en, de or ja", *e.Lang)
		}
		code := base.String()
		e.Lang = &code
	}
	return e, nil
}

// RefreshFeeds has feeds polled as soon as it is polite, and returns when that is, by id: now, when the feed's last poll is some
// minutes ago, or when its host wants to be asked again. A feed that has ended is tried again. Paused and unknown feeds are left out.
func (f *Feeds) RefreshFeeds(ctx context.Context, ids []int64) (map[int64]time.Time, error) {
	feeds, err := f.Store.FeedsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	now := f.Now()
	rests, err := f.Store.Resting(ctx, now)
	if err != nil {
		return nil, err
	}
	until := make(map[string]time.Time, len(rests))
	for _, r := range rests {
		until[r.Host] = r.Until
	}
	at := make(map[int64]time.Time, len(feeds))
	for _, feed := range feeds {
		if feed.Paused {
			continue
		}
		due := now
		if again := feed.Checked.Add(refreshAfter); again.After(due) && !feed.Checked.After(now) {
			due = again
		}
		if rest := until[fetch.RestHost(feed.URL)]; rest.After(due) {
			due = rest
		}
		if poll.AskedToWait(feed.Rule) && feed.Due.After(due) {
			due = feed.Due
		}
		at[feed.ID] = due
	}
	return at, f.Store.PollFeedsAt(ctx, at, poll.RuleAsked)
}
