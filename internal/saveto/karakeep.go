package saveto

import (
	"context"
	"net/http"

	"headwater/internal/news"
)

// karakeepService is Karakeep, formerly Hoarder (docs.karakeep.app/api). It knows an article by its address, and answers 201 to a new
// one, 200 to one that it has.
var karakeepService = Service{
	Kind: "karakeep", Title: "Karakeep",
	Fields: []Field{{Name: "token", Label: "API key", Secret: true}},
	saver:  func(c caller, t news.SaveTarget) saver { return karakeep{c, t} },
}

type karakeep struct {
	caller
	target news.SaveTarget
}

func (k karakeep) request(method, path string) request {
	return request{method: method, address: k.target.Address + "/api/v1" + path, header: bearer(k.target.Fields["token"])}
}

// Check implements saver.
func (k karakeep) Check(ctx context.Context) error {
	var me struct{ ID string }
	err := k.call(ctx, k.request(http.MethodGet, "/users/me"), &me)
	return saved(err, me.ID != "")
}

// Save implements saver.
func (k karakeep) Save(ctx context.Context, a Article) error {
	var bookmark struct{ ID string }
	post := k.request(http.MethodPost, "/bookmarks")
	post.json, post.ok = map[string]string{"type": "link", "url": a.URL, "title": titleOf(a)}, []int{http.StatusCreated, http.StatusOK}
	err := k.call(ctx, post, &bookmark)
	return saved(err, bookmark.ID != "")
}
