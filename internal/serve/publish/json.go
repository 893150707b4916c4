package publish

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"headwater/internal/news"
)

type jsonFeed struct {
	Version     string       `json:"version"`
	Title       string       `json:"title"`
	Description string       `json:"description,omitempty"`
	Home        string       `json:"home_page_url,omitempty"`
	Self        string       `json:"feed_url,omitempty"`
	Next        string       `json:"next_url,omitempty"`
	Hubs        []jsonHub    `json:"hubs,omitempty"`
	Authors     []jsonAuthor `json:"authors"`
	Items       []jsonItem   `json:"items"`
}

type jsonHub struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

type jsonItem struct {
	ID        string       `json:"id"`
	URL       string       `json:"url,omitempty"`
	Title     string       `json:"title"`
	HTML      string       `json:"content_html"`
	Summary   string       `json:"summary,omitempty"`
	Published string       `json:"date_published"`
	Modified  string       `json:"date_modified"`
	Authors   []jsonAuthor `json:"authors"`
	Language  string       `json:"language,omitempty"`
	Image     string       `json:"image,omitempty"`

	Attachments []jsonAttachment `json:"attachments,omitempty"`
	Story       jsonExtension    `json:"_headwater"`
}

type jsonAttachment struct {
	URL      string `json:"url"`
	Type     string `json:"mime_type"`
	Title    string `json:"title,omitempty"`
	Length   int64  `json:"size_in_bytes,omitempty"`
	Duration int64  `json:"duration_in_seconds,omitempty"`
}

type jsonAuthor struct {
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

// jsonExtension holds what JSON Feed has no keys for. The standard leaves names with an underscore to extensions.
type jsonExtension struct {
	Story   string       `json:"story,omitempty"` // the story's page
	Level   string       `json:"level"`
	Named   bool         `json:"named_only"`
	Members []jsonMember `json:"members"`
}

type jsonMember struct {
	Role   string `json:"role"`
	Rel    string `json:"rel"`
	Outlet string `json:"outlet"`
	Title  string `json:"title"`
	URL    string `json:"url"`
}

// JSON writes the channel as JSON Feed 1.1.
func JSON(w io.Writer, c Channel) error {
	c = c.tidy()
	feed := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: c.Title, Description: c.Description,
		Home: c.Home, Self: c.Self, Next: c.Next, Authors: []jsonAuthor{{Name: generator, URL: c.Home}},
		Items: make([]jsonItem, 0, len(c.Items)),
	}
	if c.Hub != "" {
		feed.Hubs = []jsonHub{{"WebSub", c.Hub}}
	}
	for _, it := range c.Items {
		content, err := it.HTML()
		if err != nil {
			return fmt.Errorf("write JSON Feed: %w", err)
		}
		item := jsonItem{
			ID: it.ID, URL: it.URL, Title: it.Title, HTML: content, Summary: it.Summary,
			Published: atomTime(it.Published), Modified: atomTime(it.Updated),
			Authors:  []jsonAuthor{{Name: it.Author.Title, URL: it.Author.URL}},
			Language: it.Lang,
			Story:    jsonExtension{Story: it.Page, Level: it.Level, Named: it.Named, Members: make([]jsonMember, 0, len(it.Members))},
		}
		if i := slices.IndexFunc(it.Files, news.Enclosure.IsPicture); i >= 0 {
			item.Image = it.Files[i].URL
		}
		for _, f := range it.Files {
			item.Attachments = append(item.Attachments, jsonAttachment{f.URL, cmp.Or(mime(f), "application/octet-stream"), f.Title, f.Length, f.Duration})
		}
		for _, l := range it.Members {
			item.Story.Members = append(item.Story.Members, jsonMember{
				Role: string(cmp.Or(l.Role, "original")), Rel: l.Rel, Outlet: l.Outlet, Title: l.Title, URL: l.URL,
			})
		}
		feed.Items = append(feed.Items, item)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(feed); err != nil {
		return fmt.Errorf("write JSON Feed: %w", err)
	}
	return nil
}
