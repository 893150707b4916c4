package greader

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"headwater/internal/news"
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

func (c *call) subscriptions() error {
	if err := c.onlyJSON(); err != nil {
		return err
	}
	feeds, err := c.backend.Feeds(c.ctx())
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

// onlyJSON refuses the XML of Google's lists, which no reader in use needs.
func (c *call) onlyJSON() error {
	if o := c.r.FormValue("output"); o != "" && o != "json" {
		return bad("output=%s is not made here; ask for output=json", o)
	}
	return nil
}

func (c *call) export() error {
	c.w.Header().Set("Content-Type", "text/x-opml; charset=utf-8")
	return c.backend.WriteOPML(c.ctx(), c.w, c.title)
}

func (c *call) importList() error {
	done, err := c.backend.ReadOPML(c.ctx(), c.r.Body)
	if err != nil {
		return bad("the list cannot be read: %v", err)
	}
	return c.text(fmt.Sprintf("OK: %d", done.Feeds))
}

// editSubscription subscribes, ends a subscription, or changes title and folder. Feeds are everybody's.
func (c *call) editSubscription() error {
	edit, err := c.readEdit()
	if err != nil {
		return err
	}
	streams := c.r.Form["s"]
	if len(streams) == 0 {
		return bad("name the feed: s=feed/ADDRESS")
	}
	for i, s := range streams {
		rest, ok := strings.CutPrefix(s, feedPrefix)
		if !ok {
			return bad("s=%q is no feed; feeds are written feed/NUMBER or feed/ADDRESS", s)
		}
		if titles := c.r.Form["t"]; i < len(titles) {
			edit.title = titles[i]
		} else {
			edit.title = ""
		}
		if err := c.editOne(rest, edit); err != nil {
			return err
		}
	}
	return c.ok()
}

// feedEdit is what is to happen to a feed.
type feedEdit struct {
	action, title string
	into, outOf   string // folders
}

func (c *call) readEdit() (e feedEdit, err error) {
	e.action = c.r.FormValue("ac")
	shelf, err := c.shelf()
	if err != nil {
		return e, err
	}
	if a := c.r.FormValue("a"); a != "" {
		if e.into, err = c.label(a); err != nil {
			return e, err
		}
		if err := shelf.mayHold(e.into); err != nil {
			return e, err
		}
	}
	if r := c.r.FormValue("r"); r != "" {
		e.outOf, err = c.label(r)
	}
	return e, err
}

func (c *call) editOne(rest string, e feedEdit) error {
	switch e.action {
	case "subscribe":
		f, err := c.subscribe(rest, e)
		if err != nil {
			return err
		}
		return c.change(f, e)
	case "edit", "unsubscribe":
		f, err := c.feed(rest)
		if err != nil {
			return err
		}
		if e.action == "edit" {
			return c.change(f, e)
		}
		return c.backend.RemoveFeed(c.ctx(), f.ID)
	}
	return bad("ac=%q is no action; there are subscribe, unsubscribe and edit", e.action)
}

// subscribe adds a feed, or gives the one that is there.
func (c *call) subscribe(address string, e feedEdit) (news.Feed, error) {
	if f, err := c.feed(address); err == nil {
		return f, nil
	}
	if !isWeb(address) {
		return news.Feed{}, bad("%q is no feed address; give one such as https://example.org/feed.xml", address)
	}
	f, err := c.backend.AddFeed(c.ctx(), news.Feed{URL: address, Title: e.title, Folder: e.into})
	if errors.Is(err, news.ErrExists) {
		err = nil
	}
	return f, err
}

func isWeb(address string) bool {
	u, err := weburl.Parse(address)
	return err == nil && u.Hostname() != "" && (u.Scheme == "http" || u.Scheme == "https")
}

func (c *call) change(f news.Feed, e feedEdit) error {
	title, folder := cmp.Or(e.title, f.Title), f.Folder
	if e.outOf == folder {
		folder = ""
	}
	folder = cmp.Or(e.into, folder)
	if title == f.Title && folder == f.Folder {
		return nil
	}
	return c.backend.EditFeed(c.ctx(), f.ID, title, folder)
}

// quickAdd subscribes to the likeliest feed behind an address: a feed's own, or that of a page. Where there is none, the
// answer says so; subscription/edit takes any address as it is. One that only cannot be read now is followed all the same, as
// readers have no way to insist, and the feed's state says what is wrong.
func (c *call) quickAdd() error {
	query := c.r.FormValue("quickadd")
	address, edit := strings.TrimPrefix(query, feedPrefix), feedEdit{}
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
			address, edit.title = found.Feeds[0].URL, found.Feeds[0].Title
		}
	}
	f, err := c.subscribe(address, edit)
	var refused *refusal
	if errors.As(err, &refused) && refused.status == http.StatusBadRequest {
		return c.json(map[string]any{"numResults": 0, "query": query, "error": refused.text})
	}
	if err != nil {
		return err
	}
	return c.json(map[string]any{"numResults": 1, "query": query, "streamId": feedID(f.ID), "streamName": cmp.Or(f.Title, f.URL)})
}
