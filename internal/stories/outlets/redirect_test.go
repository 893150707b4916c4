package outlets_test

import "testing"

func TestUnwrap(t *testing.T) {
	r := load(t)
	tests := map[string]string{
		"https://www.google.com/url?q=https://paper.example/a-long-story&sa=D":                                "https://paper.example/a-long-story",
		"https://l.facebook.com/l.php?u=https%3A%2F%2Fpaper.example%2Fstory&h=AT0":                            "https://paper.example/story",
		"https://www.facebook.com/l.php?u=https%3A%2F%2Fpaper.example%2Fstory":                                "https://paper.example/story",
		"https://out.reddit.com/t3_x?url=https%3A%2F%2Fpaper.example%2Fstory":                                 "https://paper.example/story",
		"https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%3A%2F%2Fpaper.example": "https://paper.example",
		"https://bit.ly/3xyz": "https://bit.ly/3xyz",
		"https://l.facebook.com/l.php?u=http%3A%2F%2F127.0.0.1%2F": "https://l.facebook.com/l.php?u=http%3A%2F%2F127.0.0.1%2F",
		"https://l.facebook.com/l.php?u=javascript:alert(1)":       "https://l.facebook.com/l.php?u=javascript:alert(1)",
		"https://l.facebook.com/l.php?u=http%3A%2F%2Flocalhost%2F": "https://l.facebook.com/l.php?u=http%3A%2F%2Flocalhost%2F",
		"https://paper.example/share?url=https://other.example/":   "https://paper.example/share?url=https://other.example/",
		"https://www.google.com/search?q=https://paper.example/":   "https://www.google.com/search?q=https://paper.example/",
		"not an address": "not an address", "": "",
	}
	for address, want := range tests {
		if got := r.Unwrap(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestRedirects(t *testing.T) {
	r := load(t)
	for address, want := range map[string]bool{
		"https://bit.ly/3xyz": true, "https://WWW.BIT.LY./x": true, "https://news.google.co.uk/rss/articles/x": true,
		"https://google.com/": false, "https://google.com/url?q=x": true, "https://habit.ly/": false, "": false, "://": false,
	} {
		if got := r.Redirects(address); got != want {
			t.Errorf("%s redirects: %v", address, got)
		}
	}
}
