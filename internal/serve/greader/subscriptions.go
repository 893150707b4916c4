package greader

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/publish"
	"headwater/internal/weburl"
)

type labelOf struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Type  string `json:"type"`
}

type subscription struct {
	ID         string    `json:"id"`
	Title      string    `json:"title"`
	Categories []labelOf `json:"categories"`
	SortID     string    `json:"sortid"`
	First      string    `json:"firstitemmsec"`
	URL        string    `json:"url"`
	Site       string    `json:"htmlUrl"`
	Icon       string    `json:"iconUrl"`
}

// feeds are the feeds as the user may know them: who may not change them sees no secrets in their addresses.
func (c *call) feeds() ([]news.Feed, error) {
	feeds, err := c.backend.Feeds(c.ctx())
	if err != nil || c.viewer.May(access.Feeds) {
		return feeds, err
	}
	for i, f := range feeds {
		feeds[i].URL, feeds[i].Site = weburl.Shown(f.URL), weburl.Shown(f.Site)
	}
	return feeds, nil
}

func (c *call) subscriptions() error {
	if err := c.onlyJSON(); err != nil {
		return err
	}
	feeds, err := c.feeds()
	if err != nil {
		return err
	}
	all := make([]subscription, len(feeds))
	for i, f := range feeds {
		all[i] = subscription{
			ID: feedID(f.ID), Title: cmp.Or(f.Title, f.URL), Categories: []labelOf{}, SortID: fmt.Sprintf("%08X", f.ID),
			First: strconv.FormatInt(f.Added.UnixMilli(), 10), URL: f.URL, Site: publish.Absolute(f.Site),
		}
		if f.Folder != "" {
			all[i].Categories = append(all[i].Categories, labelOf{labelPrefix + f.Folder, f.Folder, "folder"})
		}
	}
	return c.json(map[string][]subscription{"subscriptions": all})
}

func (c *call) exportOPML() error {
	c.w.Header().Set("Content-Type", "text/x-opml; charset=utf-8")
	return c.backend.WriteOPML(c.ctx(), c.w, c.title, c.viewer.May(access.Feeds))
}

// importOPML reads a list whatever its Content-Type, so the edit token of such a request stands in its address.
func (c *call) importOPML() error {
	done, err := c.backend.ReadOPML(c.ctx(), c.r.Body, c.viewer.May(access.Editor))
	if err != nil {
		return bad("the list cannot be read: %v", err)
	}
	return c.text(fmt.Sprintf("OK: %d", done.Feeds))
}

// editSubscription subscribes, ends a subscription, or changes title and folder. Feeds are everybody's.
func (c *call) editSubscription() error {
	l, err := c.labels()
	if err != nil {
		return err
	}
	var into, outOf string // folders
	if a := c.r.FormValue("a"); a != "" {
		if into, err = c.label(a); err != nil {
			return err
		}
		if err := l.assignable(into); err != nil {
			return err
		}
	}
	if r := c.r.FormValue("r"); r != "" {
		if outOf, err = c.label(r); err != nil {
			return err
		}
	}
	streams, titles := c.r.Form["s"], c.r.Form["t"]
	if len(streams) == 0 {
		return bad("name the feed: s=feed/ADDRESS")
	}
	for i, s := range streams {
		id, ok := strings.CutPrefix(s, feedPrefix)
		if !ok {
			return bad("s=%q is no feed; feeds are written feed/NUMBER or feed/ADDRESS", s)
		}
		title := ""
		if i < len(titles) {
			title = titles[i]
		}
		var f news.Feed
		switch action := c.r.FormValue("ac"); action {
		case "subscribe":
			f, err = c.subscribe(id, title, into)
		case "edit", "unsubscribe":
			f, err = c.feed(id)
			if err == nil && action == "unsubscribe" {
				if err := c.backend.RemoveFeed(c.ctx(), f.ID); err != nil {
					return err
				}
				continue
			}
		default:
			return bad("ac=%q is no action; there are subscribe, unsubscribe and edit", action)
		}
		if err != nil {
			return err
		}
		title, folder := cmp.Or(title, f.Title), f.Folder
		if outOf == folder {
			folder = ""
		}
		folder = cmp.Or(into, folder)
		if title == f.Title && folder == f.Folder {
			continue
		}
		if err := c.backend.EditFeed(c.ctx(), f.ID, title, folder); err != nil {
			return err
		}
	}
	return c.done(nil)
}

// subscribe adds a feed, or gives the one that is there.
func (c *call) subscribe(address, title, folder string) (news.Feed, error) {
	if f, err := c.feed(address); err == nil {
		return f, nil
	}
	u, err := weburl.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return news.Feed{}, bad("%q is no feed address; give one such as https://example.org/feed.xml", address)
	}
	if err := weburl.CheckLength(weburl.Encode(address)); err != nil {
		return news.Feed{}, bad("%v", err)
	}
	f, err := c.backend.AddFeed(c.ctx(), news.Feed{URL: address, Title: title, Folder: folder})
	if errors.Is(err, news.ErrExists) {
		err = nil
	}
	return f, err
}

// quickAdd subscribes to the likeliest feed behind an address: a feed's own, or that of a page. Where there is none, the
// answer says so; subscription/edit takes any address as it is. A feed that cannot be read now is added all the same, since
// clients have no way to insist; its state says what is wrong.
func (c *call) quickAdd() error {
	query := c.r.FormValue("quickadd")
	address, title := strings.TrimPrefix(query, feedPrefix), ""
	if _, err := c.feed(address); err != nil {
		found, err := c.backend.FindFeeds(c.ctx(), address)
		if err != nil {
			return err
		}
		if found.Dead {
			return c.json(map[string]any{"numResults": 0, "query": query, "error": publish.Line(found.Problem)})
		}
		address = found.Address
		if len(found.Feeds) > 0 {
			address, title = found.Feeds[0].URL, found.Feeds[0].Title
		}
	}
	f, err := c.subscribe(address, title, "")
	var refused *refusal
	if errors.As(err, &refused) && refused.status == http.StatusBadRequest {
		return c.json(map[string]any{"numResults": 0, "query": query, "error": refused.text})
	}
	if err != nil {
		return err
	}
	return c.json(map[string]any{"numResults": 1, "query": query, "streamId": feedID(f.ID), "streamName": cmp.Or(f.Title, f.URL)})
}
