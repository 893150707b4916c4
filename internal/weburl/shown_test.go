package weburl

import "testing"

func TestShown(t *testing.T) {
	for address, want := range map[string]string{
		"":                              "",
		"https://a.example/feed?page=2": "https://a.example/feed?page=2",
		"https://anna:pw@a.example/feed?x=1&y=%20": "https://anna:xxxxx@a.example/feed?x=1&y=%20",
		"https://a.example/?b=1&token=t1&a=2":      "https://a.example/?b=1&token=xxxxx&a=2",
		"https://a.example/?api_key=k#top":         "https://a.example/?api_key=xxxxx#top",
		"https://a.example/?apiKey=k&Sig=s&PW=p":   "https://a.example/?apiKey=xxxxx&Sig=xxxxx&PW=xxxxx",
		"https://a.example/?feed%5Ftoken=t":        "https://a.example/?feed%5Ftoken=xxxxx",
		"https://a.example/?user[token]=t;x":       "https://a.example/?user[token]=xxxxx",
		"https://a.example/?private-token=&key":    "https://a.example/?private-token=&key",
		"https://a.example/?keyword=rain&author=x": "https://a.example/?keyword=rain&author=x",
		"https://anna:pw@a.example/%zz?token=t":    "xxxxx@a.example/%zz?xxxxx",
		"http://[::1/?key=k":                       "http://[::1/?xxxxx",
	} {
		if got := Shown(address); got != want {
			t.Errorf("%q is shown as %q, want %q", address, got, want)
		}
		if again := Shown(Shown(address)); again != Shown(address) {
			t.Errorf("%q is shown as %q, and that as %q", address, Shown(address), again)
		}
	}
}
