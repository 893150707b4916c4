package saveto

import (
	"context"
	"net/http"
	"net/url"

	"headwater/internal/news"
)

// wallabagService is wallabag 2 (doc.wallabag.org, "API"). It knows an article by its address.
var wallabagService = Service{
	Kind: "wallabag", Title: "Wallabag",
	Fields: []Field{{Name: "client_id", Label: "Client id"}, {Name: "client_secret", Label: "Client secret", Secret: true}, {Name: "username", Label: "User name"}, {Name: "password", Label: "Password", Secret: true}},
	saver:  func(c caller, t news.SaveTarget) saver { return wallabag{c, t} },
}

type wallabag struct {
	caller
	target news.SaveTarget
}

// token logs in.
func (w wallabag) token(ctx context.Context) (string, error) {
	f := w.target.Fields
	var login struct {
		Token string `json:"access_token"`
	}
	err := w.call(ctx, request{
		method: http.MethodPost, address: w.target.Address + "/oauth/v2/token",
		form: url.Values{"grant_type": {"password"}, "client_id": {f["client_id"]}, "client_secret": {f["client_secret"]}, "username": {f["username"]}, "password": {f["password"]}},
	}, &login)
	if err != nil {
		return "", loginRefused(err)
	}
	if login.Token == "" {
		return "", garbage(nil)
	}
	return login.Token, nil
}

// Check implements saver.
func (w wallabag) Check(ctx context.Context) error {
	_, err := w.token(ctx)
	return err
}

// Save implements saver.
func (w wallabag) Save(ctx context.Context, a Article) error {
	token, err := w.token(ctx)
	if err != nil {
		return err
	}
	var entry struct {
		ID int64 `json:"id"`
	}
	err = w.call(ctx, request{
		method: http.MethodPost, address: w.target.Address + "/api/entries.json", header: bearer(token),
		json: map[string]string{"url": a.URL, "title": titleOf(a)},
	}, &entry)
	return saved(err, entry.ID != 0)
}
