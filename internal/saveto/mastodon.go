package saveto

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"strings"

	"headwater/internal/news"
	"headwater/internal/outbox"
)

// mastodonService posts to Mastodon (docs.joinmastodon.org/methods/statuses). Its idempotency keys hold for an hour. Later, the
// account's last posts are asked for the address.
var mastodonService = Service{
	Kind: "mastodon", Title: "Mastodon",
	Fields: []Field{
		{Name: "token", Label: "Access token (read:accounts, read:statuses, write:statuses)", Secret: true},
		{Name: "visibility", Label: "Visibility: public, unlisted, private or direct (empty is the account's own)", Optional: true},
	},
	saver: func(c caller, t news.SaveTarget) saver { return mastodon{c, t} },
}

type mastodon struct {
	caller
	target news.SaveTarget
}

func (m mastodon) request(method, path string) request {
	return request{method: method, address: m.target.Address + "/api/v1" + path, header: bearer(m.target.Fields["token"])}
}

// account returns the id of the account.
func (m mastodon) account(ctx context.Context) (string, error) {
	var account struct{ ID string }
	err := m.call(ctx, m.request(http.MethodGet, "/accounts/verify_credentials"), &account)
	return account.ID, saved(err, account.ID != "")
}

// Check implements saver.
func (m mastodon) Check(ctx context.Context) error {
	_, err := m.account(ctx)
	return err
}

// Save implements saver.
func (m mastodon) Save(ctx context.Context, a Article) error {
	if a.Again {
		if has, err := m.has(ctx, a.URL); err != nil || has {
			return err
		}
	}
	form := url.Values{"status": {outbox.Line(a.Title, 300) + "\n\n" + a.URL}}
	if a.Title == "" {
		form.Set("status", a.URL)
	}
	if visibility := m.target.Fields["visibility"]; visibility != "" {
		form.Set("visibility", visibility)
	}
	var status struct{ ID string }
	post := m.request(http.MethodPost, "/statuses")
	post.form = form
	post.header.Set("Idempotency-Key", a.ID)
	err := m.call(ctx, post, &status)
	return saved(err, status.ID != "")
}

// has reports whether one of the account's last posts links to an address.
func (m mastodon) has(ctx context.Context, address string) (bool, error) {
	account, err := m.account(ctx)
	if err != nil {
		return false, err
	}
	var posts []struct{ Content string }
	if err := m.call(ctx, m.request(http.MethodGet, "/accounts/"+url.PathEscape(account)+"/statuses?limit=40&exclude_reblogs=true"), &posts); err != nil {
		return false, err
	}
	for _, p := range posts {
		if strings.Contains(p.Content, `href="`+html.EscapeString(address)+`"`) {
			return true, nil
		}
	}
	return false, nil
}
