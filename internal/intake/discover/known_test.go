package discover

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKnown(t *testing.T) {
	const tube, channel = "https://www.youtube.com/feeds/videos.xml?", "UCabcdefghijklmnopqrstuv"
	const hub = "https://github.com/golang/go/"
	tests := []struct {
		address, want string // feeds, with spaces
		sure          bool
	}{
		{"https://www.youtube.com/channel/" + channel, tube + "channel_id=" + channel, true},
		{"https://m.youtube.com/channel/" + channel + "/videos", tube + "channel_id=" + channel, true},
		{"http://YouTube.com/user/someone", tube + "user=someone", true},
		{"https://www.youtube.com/playlist?list=PL123_-x", tube + "playlist_id=PL123_-x", true},
		{"https://www.youtube.com/@handle", "", true}, // its page knows
		{"https://www.youtube.com/channel/UCshort", "", true},
		{"https://www.youtube.com/playlist?list=%26evil=1", "", true},
		{"https://www.youtube.com/", "", true},
		{tube + "channel_id=" + channel, "", true},
		{"https://www.reddit.com/r/golang", "https://www.reddit.com/r/golang/.rss", true},
		{"https://old.reddit.com/r/golang/top/?t=week", "https://www.reddit.com/r/golang/.rss", true},
		{"https://www.reddit.com/r/golang/comments/1abc/a_title/", "https://www.reddit.com/r/golang/comments/1abc/.rss", true},
		{"https://reddit.com/u/spez", "https://www.reddit.com/user/spez/.rss", true},
		{"https://www.reddit.com/r/golang/.rss", "", true},
		{"https://www.reddit.com/", "", true},
		{"https://github.com/golang/go", hub + "releases.atom " + hub + "tags.atom " + hub + "commits.atom", true},
		{"https://github.com/golang/go.git", hub + "releases.atom " + hub + "tags.atom " + hub + "commits.atom", true},
		{"https://github.com/golang/go/releases/tag/go1.26", hub + "releases.atom", true},
		{"https://github.com/golang/go/tags", hub + "tags.atom", true},
		{"https://github.com/golang/go/commits", hub + "commits.atom", true},
		{"https://github.com/golang/go/tree/release/1.26", hub + "commits/release/1.26.atom", true},
		{"https://github.com/golang/go/issues", "", true},
		{"https://github.com/golang", "https://github.com/golang.atom", true},
		{"https://github.com/golang.atom", "", true},
		{"https://github.com/golang/go/releases.atom", "", true},
		{"https://github.com/golang/go/commits/main.atom", "", true},
		{"https://github.com/topics", "", true},
		{"https://github.com/", "", true},
		{"https://github.com/../../evil", "", true},
		{"https://medium.com/@someone", "https://medium.com/feed/@someone", true},
		{"https://medium.com/feed/@someone", "", true},
		{"https://social.example/@user", "https://social.example/@user.rss", false},
		{"https://social.example:8443/@user/", "https://social.example:8443/@user.rss", false},
		{"https://social.example/@user.rss", "", false},
		{"https://social.example/@user/123", "", false},
		{"https://social.example/@", "", false},
		{"https://github.com.evil.example/golang/go", "", false},
		{"https://a.example/r/golang", "", false},
		{"ftp://github.com/golang/go", "", false},
		{"://", "", false},
	}
	for _, tt := range tests {
		places, sure := Known(tt.address)
		var got []string
		for _, p := range places {
			if p.Title == "" {
				t.Errorf("%s: no title for %s", tt.address, p.URL)
			}
			got = append(got, p.URL)
		}
		if s := strings.Join(got, " "); s != tt.want || sure != tt.sure {
			t.Errorf("%s: %q (sure: %v), want %q", tt.address, s, sure, tt.want)
		}
	}
}

func TestUsual(t *testing.T) {
	want := []string{
		"https://a.example/blog/feed", "https://a.example/blog/rss", "https://a.example/blog/atom.xml", "https://a.example/blog/feed.xml",
		"https://a.example/feed", "https://a.example/rss", "https://a.example/atom.xml", "https://a.example/feed.xml", "https://a.example/index.xml",
		"https://a.example/rss.xml", "https://a.example/feed.json", "https://a.example/feed/",
	}
	for _, at := range []string{"https://a.example/blog", "https://a.example/blog/", "https://a.example/blog/post.html?x=1#y"} {
		if diff := cmp.Diff(want, CommonAddresses(at)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", at, diff)
		}
	}
	for _, at := range []string{"https://a.example", "https://a.example/", "https://a.example/index.html"} {
		if diff := cmp.Diff(want[4:], CommonAddresses(at)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", at, diff)
		}
	}
	if got := CommonAddresses("no address"); got != nil {
		t.Errorf("%v", got)
	}
}

func TestKey(t *testing.T) {
	same := [][]string{
		{
			"https://example.org/feed", "http://example.org/feed", "https://www.example.org/feed", "https://EXAMPLE.org:443/feed/", "http://example.org.:80/feed",
			"feed://example.org/feed", "feed:https://example.org/feed", "FEED:http://example.org/feed#top", "https://example.org/fe%65d", " https://example.org/feed ",
		},
		{"https://example.org/Feed"},
		{
			"https://пример.рф/новости?q=тест", "http://www.xn--e1afmkfd.xn--p1ai/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/?q=%D1%82%D0%B5%D1%81%D1%82",
			"https://ПРИМЕР.рф/%D0%BDовости?q=тест", "https://%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.%D1%80%D1%84/новости?q=тест", "feed://пример.рф/новости?q=тест#о",
		},
		{"https://example.org/a b|c", "https://example.org/a%20b%7Cc", "https://example.org/a%20b|c/"},
		{"https://example.org/?q=%d1%82", "https://example.org?q=%D1%82", "https://example.org/?q=т"},
		{"https://example.org/50%", "https://example.org/50%25"},
		{"https://example.org:8443/feed"},
		{"https://example.org:80/feed"},
		{"https://example.org/feed?x=1", "http://example.org/feed/?x=1"},
		{"https://example.org/feed?x=2"},
		{"https://a.example.org/feed"},
		{"https://example.org", "http://example.org/", "https://www.example.org:443"},
		{"https://user:pw@example.org/feed"},
		{"https://[::1]/feed"},
	}
	seen := map[string]int{}
	for i, group := range same {
		for _, a := range group {
			if j, ok := seen[Key(a)]; ok && j != i {
				t.Errorf("%s and %s have the key %q", a, same[j][0], Key(a))
			}
			seen[Key(a)] = i
			if Key(a) != Key(group[0]) {
				t.Errorf("%s has the key %q, %s %q", a, Key(a), group[0], Key(group[0]))
			}
		}
	}
	for _, v := range Variants("feed://WWW.Example.org/feed/?x=1") {
		if Key(v) != "//example.org/feed?x=1" {
			t.Errorf("a variant is %s, with the key %s", v, Key(v))
		}
	}
	if got := Variants("https://example.org:443/feed"); len(got) != 9 {
		t.Errorf("%d variants: %v", len(got), got)
	}
	for from, want := range map[string]string{"feed://a.example/x": "http://a.example/x", "feed:https://a.example/": "https://a.example/", "Feed:x": "x", "feed": "feed", "https://feed:x/": "https://feed:x/"} {
		if got := Plain(from); got != want {
			t.Errorf("Plain(%q) = %q, want %q", from, got, want)
		}
	}
}
