package saveto

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"

	"headwater/internal/news"
)

// shioriService is Shiori (github.com/go-shiori/shiori, docs/API.md). It fails for an address that it has.
var shioriService = Service{
	Kind: "shiori", Title: "Shiori",
	Fields: []Field{{Name: "username", Label: "User name"}, {Name: "password", Label: "Password", Secret: true}},
	saver:  func(c caller, t news.SaveTarget) saver { return shiori{c, t} },
}

type shiori struct {
	caller
	target news.SaveTarget
}

// token logs in. Versions up to 1.7 wrap the answer in a message.
func (s shiori) token(ctx context.Context) (string, error) {
	var login struct {
		Token   string
		Message struct{ Token string }
	}
	err := s.call(ctx, request{
		method: http.MethodPost, address: s.target.Address + "/api/v1/auth/login",
		json: map[string]string{"username": s.target.Fields["username"], "password": s.target.Fields["password"]},
	}, &login)
	if err != nil {
		return "", loginRefused(err)
	}
	token := cmp.Or(login.Token, login.Message.Token)
	return token, saved(nil, token != "")
}

// Check implements saver.
func (s shiori) Check(ctx context.Context) error {
	_, err := s.token(ctx)
	return err
}

// Save implements saver.
func (s shiori) Save(ctx context.Context, a Article) error {
	token, err := s.token(ctx)
	if err != nil {
		return err
	}
	type bookmark struct {
		ID  int64
		URL string
	}
	var found struct{ Bookmarks []bookmark }
	query := url.Values{"keyword": {a.URL}}.Encode()
	if err := s.call(ctx, request{method: http.MethodGet, address: s.target.Address + "/api/bookmarks?" + query, header: bearer(token)}, &found); err != nil {
		return err
	}
	if slices.ContainsFunc(found.Bookmarks, func(b bookmark) bool { return b.URL == a.URL }) {
		return nil
	}
	var added bookmark
	err = s.call(ctx, request{
		method: http.MethodPost, address: s.target.Address + "/api/bookmarks", header: bearer(token),
		json: map[string]any{"url": a.URL, "title": titleOf(a), "create_archive": true, "public": 0, "tags": []string{}},
	}, &added)
	return saved(err, added.ID != 0)
}
