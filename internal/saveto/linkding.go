package saveto

import (
	"context"
	"net/http"

	"headwater/internal/news"
)

// linkdingService is linkding (linkding.link/api). It knows an article by its address.
var linkdingService = Service{
	Kind: "linkding", Title: "linkding",
	Fields: []Field{{Name: "token", Label: "API token", Secret: true}},
	saver:  func(c caller, t news.SaveTarget) saver { return linkding{c, t} },
}

type linkding struct {
	caller
	target news.SaveTarget
}

func (l linkding) request(method, path string) request {
	return request{method: method, address: l.target.Address + path, header: http.Header{"Authorization": {"Token " + l.target.Fields["token"]}}}
}

// Check implements saver.
func (l linkding) Check(ctx context.Context) error {
	var profile struct{ Theme string }
	err := l.call(ctx, l.request(http.MethodGet, "/api/user/profile/"), &profile)
	return saved(err, profile.Theme != "")
}

// Save implements saver.
func (l linkding) Save(ctx context.Context, a Article) error {
	var bookmark struct{ ID int64 }
	post := l.request(http.MethodPost, "/api/bookmarks/")
	post.json, post.ok = map[string]any{"url": a.URL, "title": titleOf(a), "unread": true}, []int{http.StatusCreated}
	err := l.call(ctx, post, &bookmark)
	return saved(err, bookmark.ID != 0)
}
