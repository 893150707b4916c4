package discover

import (
	"strings"
	"testing"
)

func TestTyped(t *testing.T) {
	tests := []struct{ typed, want string }{
		{"https://example.org/feed.xml", "https://example.org/feed.xml https://www.example.org/feed.xml"},
		{"HTTP://Example.org/feed", "http://Example.org/feed http://www.Example.org/feed"},
		{"example.org", "https://example.org http://example.org https://www.example.org http://www.example.org"},
		{"example.org/blog?a=1#top", "https://example.org/blog?a=1#top http://example.org/blog?a=1#top https://www.example.org/blog?a=1#top http://www.example.org/blog?a=1#top"},
		{"www.example.org", "https://www.example.org http://www.example.org https://example.org http://example.org"},
		{"//example.org/x", "https://example.org/x http://example.org/x https://www.example.org/x http://www.example.org/x"},
		{"localhost:8080", "http://localhost:8080 https://localhost:8080"},
		{"localhost", "http://localhost https://localhost"},
		{"nas:5000/feed", "http://nas:5000/feed https://nas:5000/feed"},
		{"printer.local", "http://printer.local https://printer.local"},
		{"192.0.2.7/feed", "http://192.0.2.7/feed https://192.0.2.7/feed"},
		{"[2001:db8::1]:8080/feed", "http://[2001:db8::1]:8080/feed https://[2001:db8::1]:8080/feed"},
		{"example.org:80/feed", "http://example.org:80/feed http://www.example.org:80/feed"},
		{"example.org:443", "https://example.org:443 https://www.example.org:443"},
		{"example.org:8443", "https://example.org:8443 http://example.org:8443 https://www.example.org:8443 http://www.example.org:8443"},
		{"feed://example.org/rss", "http://example.org/rss http://www.example.org/rss"},
		{"feed:https://example.org/rss", "https://example.org/rss https://www.example.org/rss"},
		{"feed:example.org/rss", "http://example.org/rss http://www.example.org/rss"},
		{"feed://https://example.org/rss", "https://example.org/rss https://www.example.org/rss"},
		{"rss://example.org/rss", "http://example.org/rss http://www.example.org/rss"},
		{"itpc://example.org/pod", "http://example.org/pod http://www.example.org/pod"},
		{"view-source:https://example.org/rss", "https://example.org/rss https://www.example.org/rss"},
		{"https://https://example.org/", "https://example.org/ https://www.example.org/"},
		{"http:/example.org/", "http://example.org/ http://www.example.org/"},
		{"https:example.org", "https://example.org https://www.example.org"},
		{"https//example.org", "https://example.org https://www.example.org"},
		{" <https://example.org/feed> ", "https://example.org/feed https://www.example.org/feed"},
		{"<URL:https://example.org/feed>", "https://example.org/feed https://www.example.org/feed"},
		{"https://example.org/?q=%22\"new york\"", "https://example.org/?q=%22%22new%20york%22 https://www.example.org/?q=%22%22new%20york%22"},
		{"\"https://example.org/?q=\"a b\"\"", "https://example.org/?q=%22a%20b%22 https://www.example.org/?q=%22a%20b%22"},
		{"<https://example.org/?q=<a>>", "https://example.org/?q=%3Ca%3E https://www.example.org/?q=%3Ca%3E"},
		{"\u201chttps://example.org/feed\u201d", "https://example.org/feed https://www.example.org/feed"},
		{"Feed: https://example.org/feed.", "https://example.org/feed https://www.example.org/feed"},
		{"Harbour Post <https://example.org/feed>, daily", "https://example.org/feed https://www.example.org/feed"},
		{"[Harbour Post](https://example.org/feed_(all))", "https://example.org/feed_(all) https://www.example.org/feed_(all)"},
		{"https://example.org/a-long-\r\n  \tfeed", "https://example.org/a-long-%20%20feed https://www.example.org/a-long-%20%20feed"},
		{"https://example.org\n/feed", "https://example.org/feed https://www.example.org/feed"},
		{"\ufeffhttps://example.org/feed\u200b", "https://example.org/feed https://www.example.org/feed"},
		{"\u00a0example.org\u00a0", "https://example.org http://example.org https://www.example.org http://www.example.org"},
		{"@anna@social.example", "https://social.example/@anna http://social.example/@anna https://www.social.example/@anna http://www.social.example/@anna"},
		{"https://anna:secret@example.org/feed", "https://anna:secret@example.org/feed"},
		{"https://example.org/?u=https://other.example/", "https://example.org/?u=https://other.example/ https://www.example.org/?u=https://other.example/"},

		{"", "! empty"},
		{"  ", "! empty"},
		{"ftp://example.org/feed", "! no feed address"},
		{"file:///etc/passwd", "! no feed address"},
		{"javascript:alert(1)", "! no feed address"},
		{"data:text/xml,x", "! no feed address"},
		{"feed", "! no feed address"},
		{"my feed", "! no feed address"},
		{"feed.xml", "! no feed address"},
		{"http://:80/", "! no feed address"},
		{"http://exa mple.org/", "! no feed address"},
		{"https://", "! no feed address"},
		{"..", "! no feed address"},
		{"../feed.xml", "! no feed address"},
		{"/feed.xml", "! no feed address"},
		{"anna@example.org", "! a mail address"},
		{"mailto:anna@example.org", "! a mail address"},
		{"?", "! no feed address"},
		{"https://[::1", "! no feed address"},
	}
	for _, tt := range tests {
		got, err := Typed(tt.typed)
		if says, bad := strings.CutPrefix(tt.want, "! "); bad {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%q: %q, %v; want an error with %q", tt.typed, got, err, says)
			}
			continue
		}
		if all := strings.Join(got, " "); all != tt.want || err != nil {
			t.Errorf("%q:\n%s, %v, want\n%s", tt.typed, all, err, tt.want)
		}
	}
}

func FuzzTyped(f *testing.F) {
	f.Add("example.org")
	f.Add("feed:https://https://x")
	f.Add("[a](http://b)")
	f.Fuzz(func(t *testing.T, typed string) {
		addresses, err := Typed(typed)
		if err == nil && len(addresses) == 0 {
			t.Fatalf("%q gives neither addresses nor an error", typed)
		}
		for _, a := range addresses {
			if !strings.HasPrefix(a, "http://") && !strings.HasPrefix(a, "https://") {
				t.Errorf("%q gives %q", typed, a)
			}
		}
	})
}
