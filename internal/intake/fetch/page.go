package fetch

import (
	"context"
	"fmt"
	"mime"

	"headwater/internal/news"
)

const (
	pageBytes = 4 << 20
	pageTypes = "text/html, application/xhtml+xml;q=0.9"
)

// Page fetches a web page where the robots.txt of its site, and of every site that it redirects to, lets us. It is at most
// 4 MiB of HTML; anything else is an error.
func (c *Client) Page(ctx context.Context, address string) (Response, error) {
	resp, err := c.Get(ctx, Request{URL: address, Accept: pageTypes, MaxBytes: pageBytes, allow: c.allow})
	if err != nil {
		return Response{}, err
	}
	kind := resp.Header.Get("Content-Type")
	switch base, _, _ := mime.ParseMediaType(kind); base { // a broken parameter leaves the type
	case "text/html", "application/xhtml+xml":
		return resp, nil
	}
	return Response{}, &Error{State: news.FeedHTTPError, URL: resp.URL, Err: fmt.Errorf("it is no page of HTML (Content-Type %.80q)", kind)}
}
