package saveto

import (
	"context"
	"net/http"

	"headwater/internal/news"
)

// raindropService is Raindrop.io (developer.raindrop.io). It saves an address as often as it is sent.
var raindropService = Service{
	Kind: "raindrop", Title: "Raindrop.io", Address: "https://api.raindrop.io",
	Fields: []Field{{Name: "token", Label: "Test token", Secret: true}, {Name: "collection", Label: "Number of the collection (empty is Unsorted)", Optional: true}},
	saver:  func(c caller, t news.SaveTarget) saver { return raindrop{c, t} },
}

type raindrop struct {
	caller
	target news.SaveTarget
}

func (r raindrop) request(method, path string, body any) request {
	return request{method: method, address: r.target.Address + "/rest/v1" + path, header: bearer(r.target.Fields["token"]), json: body}
}

// Check implements saver.
func (r raindrop) Check(ctx context.Context) error {
	var answer struct{ Result bool }
	err := r.call(ctx, r.request(http.MethodGet, "/user", nil), &answer)
	return saved(err, answer.Result)
}

// Save implements saver.
func (r raindrop) Save(ctx context.Context, a Article) error {
	if a.Again {
		var found struct{ IDs *[]int64 }
		if err := r.call(ctx, r.request(http.MethodPost, "/import/url/exists", map[string][]string{"urls": {a.URL}}), &found); err != nil || found.IDs == nil {
			return saved(err, false)
		}
		if len(*found.IDs) > 0 {
			return nil
		}
	}
	body := map[string]any{"link": a.URL, "title": titleOf(a), "pleaseParse": struct{}{}}
	if id := r.target.Fields["collection"]; id != "" {
		body["collection"] = map[string]string{"$id": id}
	}
	var answer struct{ Result bool }
	err := r.call(ctx, r.request(http.MethodPost, "/raindrop", body), &answer)
	return saved(err, answer.Result)
}
