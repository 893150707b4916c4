package subscribe

import (
	"context"
	"errors"
	"strings"
	"testing"

	"headwater/internal/intake/fetch"
	"headwater/internal/news"
)

// A failed guess of https does not prevent trying http, and a failed host without www. does not prevent trying the host
// with it.
func TestTryAddresses(t *testing.T) {
	const a, b, c, d = "https://a.example/", "http://a.example/", "https://www.a.example/", "http://www.a.example/"
	dead, gone, private := &fetch.Error{State: news.FeedUnreachable, URL: "it", Err: errors.New("does not answer")},
		&fetch.Error{State: news.FeedNotFound, Status: 404, URL: "it", Err: errors.New("404")}, &fetch.Error{State: news.FeedPrivate, URL: "it", Err: errors.New("private")}
	tests := []struct {
		name  string
		errs  map[string]error
		took  string
		asked int
		noted bool
	}{
		{"https", nil, a, 1, false},
		{"http only", map[string]error{a: dead}, b, 2, true},
		{"http only, with https too slow", map[string]error{a: context.DeadlineExceeded}, b, 2, true},
		{"nothing by https", map[string]error{a: gone}, b, 2, true},
		{"www. only", map[string]error{a: dead, b: dead}, c, 3, true},
		{"www. by http only", map[string]error{a: dead, b: dead, c: dead}, d, 4, true},
		{"nothing there", map[string]error{a: gone, b: gone}, a, 2, false},
		{"nothing there by http, nobody by https", map[string]error{a: dead, b: gone}, b, 2, false},
		{"nobody", map[string]error{a: dead, b: dead, c: dead, d: dead}, a, 4, false},
		{"private", map[string]error{a: private}, a, 1, false},
	}
	for _, tt := range tests {
		var asked []string
		got, note := tryEach(t.Context(), []string{a, b, c, d}, func(_ context.Context, address string) fetchResult {
			asked = append(asked, address)
			return fetchResult{asked: address, err: tt.errs[address]}
		})
		took := got.asked
		if took != tt.took || len(asked) != tt.asked || (note != "") != tt.noted || tt.noted && !strings.HasSuffix(note, "; "+took+" is taken") {
			t.Errorf("%s: took %s of %v, note %q; want %+v", tt.name, took, asked, note, tt)
		}
	}
}
