package saveto

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"headwater/internal/news"
)

// notionService appends bookmarks to a page of Notion (developers.notion.com, "Append block children"). It appends one as often as it is sent.
var notionService = Service{
	Kind: "notion", Title: "Notion", Address: "https://api.notion.com",
	Fields: []Field{{Name: "token", Label: "Secret of the integration", Secret: true}, {Name: "page", Label: "Address or id of the page"}},
	saver:  func(c caller, t news.SaveTarget) saver { return notion{c, t} },
}

// notionVersion is the version of Notion's API that is spoken.
const notionVersion = "2022-06-28"

type notion struct {
	caller
	target news.SaveTarget
}

// pageID finds the id of a page at the end of its address, without its hyphens.
var pageID = regexp.MustCompile(`[0-9a-f]{32}$`)

func (n notion) request(method, below string) request {
	page, _, _ := strings.Cut(n.target.Fields["page"], "?")
	if id := pageID.FindString(strings.ReplaceAll(strings.ToLower(page), "-", "")); id != "" {
		page = id
	}
	header := bearer(n.target.Fields["token"])
	header.Set("Notion-Version", notionVersion)
	return request{method: method, address: n.target.Address + "/v1/blocks/" + url.PathEscape(page) + below, header: header}
}

// Check implements saver.
func (n notion) Check(ctx context.Context) error {
	var block struct{ Object string }
	err := loginRefused(n.call(ctx, n.request(http.MethodGet, ""), &block))
	return saved(err, block.Object == "block")
}

// Save implements saver.
func (n notion) Save(ctx context.Context, a Article) error {
	if a.Again {
		if has, err := n.has(ctx, a.URL); err != nil || has {
			return err
		}
	}
	type text struct {
		Content string `json:"content"`
	}
	patch := n.request(http.MethodPatch, "/children")
	patch.json = map[string]any{"children": []any{map[string]any{
		"object": "block", "type": "bookmark",
		"bookmark": map[string]any{"url": a.URL, "caption": []any{map[string]any{"type": "text", "text": text{titleOf(a)}}}},
	}}}
	var answer struct {
		Results []struct{ ID string }
	}
	err := n.call(ctx, patch, &answer)
	return saved(err, len(answer.Results) > 0)
}

// maxNotionPages limits how many parts of a page are read, each of 100 blocks.
const maxNotionPages = 50

// has reports whether the page has a bookmark of an address.
func (n notion) has(ctx context.Context, address string) (bool, error) {
	below := "/children?page_size=100"
	for range maxNotionPages {
		var part struct {
			Object  string
			Results []struct {
				Bookmark struct{ URL string }
			}
			HasMore bool   `json:"has_more"`
			Next    string `json:"next_cursor"`
		}
		if err := n.call(ctx, n.request(http.MethodGet, below), &part); err != nil || part.Object != "list" {
			return false, saved(err, false)
		}
		for _, block := range part.Results {
			if block.Bookmark.URL == address {
				return true, nil
			}
		}
		if !part.HasMore {
			break
		}
		below = "/children?page_size=100&start_cursor=" + url.QueryEscape(part.Next)
	}
	return false, nil
}
