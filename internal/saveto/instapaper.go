package saveto

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"

	"headwater/internal/news"
)

// instapaperService is Instapaper's Simple API (instapaper.com/api/simple). It knows an article by its address. The body of an answer is its
// status.
var instapaperService = Service{
	Kind: "instapaper", Title: "Instapaper", Address: "https://www.instapaper.com",
	Fields: []Field{{Name: "username", Label: "User name or mail address"}, {Name: "password", Label: "Password (if the account has one)", Secret: true, Optional: true}},
	saver:  func(c caller, t news.SaveTarget) saver { return instapaper{c, t} },
}

type instapaper struct {
	caller
	target news.SaveTarget
}

func (i instapaper) post(ctx context.Context, path string, form url.Values, status int) error {
	login := base64.StdEncoding.EncodeToString([]byte(i.target.Fields["username"] + ":" + i.target.Fields["password"]))
	var said int
	err := i.call(ctx, request{
		method: http.MethodPost, address: i.target.Address + path, header: http.Header{"Authorization": {"Basic " + login}}, form: form, ok: []int{status},
	}, &said)
	return saved(err, said == status)
}

// Check implements saver.
func (i instapaper) Check(ctx context.Context) error {
	return i.post(ctx, "/api/authenticate", url.Values{}, http.StatusOK)
}

// Save implements saver.
func (i instapaper) Save(ctx context.Context, a Article) error {
	return i.post(ctx, "/api/add", url.Values{"url": {a.URL}, "title": {titleOf(a)}}, http.StatusCreated)
}
