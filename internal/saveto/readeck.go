package saveto

import (
	"context"
	"net/http"
	"slices"

	"headwater/internal/news"
)

// readeckService is Readeck (its API is described at /docs/api of each server). It answers 202 with the header Bookmark-Id, and saves an address
// as often as it is sent.
var readeckService = Service{
	Kind: "readeck", Title: "Readeck",
	Fields: []Field{{Name: "token", Label: "API token", Secret: true}},
	saver:  func(c caller, t news.SaveTarget) saver { return readeck{c, t} },
}

type readeck struct {
	caller
	target news.SaveTarget
}

func (r readeck) request(method, path string) request {
	return request{method: method, address: r.target.Address + path, header: bearer(r.target.Fields["token"])}
}

// Check implements saver.
func (r readeck) Check(ctx context.Context) error {
	var profile struct {
		User struct{ Username string }
	}
	err := r.call(ctx, r.request(http.MethodGet, "/api/profile"), &profile)
	return saved(err, profile.User.Username != "")
}

// Save implements saver.
func (r readeck) Save(ctx context.Context, a Article) error {
	if a.Again {
		var newest []struct{ URL string }
		if err := r.call(ctx, r.request(http.MethodGet, "/api/bookmarks?sort=-created&limit=100"), &newest); err != nil {
			return err
		}
		if slices.ContainsFunc(newest, func(b struct{ URL string }) bool { return b.URL == a.URL }) {
			return nil
		}
	}
	var answer struct{ Status int }
	post := r.request(http.MethodPost, "/api/bookmarks")
	post.json, post.ok = map[string]string{"url": a.URL, "title": titleOf(a)}, []int{http.StatusAccepted}
	err := r.call(ctx, post, &answer)
	return saved(err, answer.Status == http.StatusAccepted)
}
