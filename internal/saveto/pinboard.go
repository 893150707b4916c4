package saveto

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"headwater/internal/news"
	"headwater/internal/outbox"
)

// pinboardService is version 1 of Pinboard's API (pinboard.in/api), in which everything is a GET. It knows an article by its address, and what it
// has of one is not replaced.
var pinboardService = Service{
	Kind: "pinboard", Title: "Pinboard", Address: "https://api.pinboard.in",
	Fields: []Field{{Name: "token", Label: "API token, as name:letters", Secret: true}},
	saver:  func(c caller, t news.SaveTarget) saver { return pinboard{c, t} },
}

type pinboard struct {
	caller
	target news.SaveTarget
}

func (p pinboard) get(ctx context.Context, path string, query url.Values, answer any) error {
	query.Set("auth_token", p.target.Fields["token"])
	query.Set("format", "json")
	return p.call(ctx, request{method: http.MethodGet, address: p.target.Address + path + "?" + query.Encode()}, answer)
}

// Check implements saver.
func (p pinboard) Check(ctx context.Context) error {
	var token struct{ Result string }
	err := p.get(ctx, "/v1/user/api_token", url.Values{}, &token)
	return saved(err, token.Result != "")
}

// Save implements saver.
func (p pinboard) Save(ctx context.Context, a Article) error {
	var answer struct {
		Code string `json:"result_code"`
	}
	err := p.get(ctx, "/v1/posts/add", url.Values{"url": {a.URL}, "description": {titleOf(a)}, "replace": {"no"}, "toread": {"yes"}}, &answer)
	switch {
	case err != nil || answer.Code == "":
		return saved(err, false)
	case answer.Code == "done", answer.Code == "item already exists":
		return nil
	}
	return &outbox.Refusal{Err: fmt.Errorf("it does not take this article (%q)", outbox.Line(answer.Code, 200)), Final: true}
}
