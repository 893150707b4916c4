package clean

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWebAddress(t *testing.T) {
	for in, want := range map[string]string{
		"https://a.example/x?y=1&z=%C3%A9#f": "https://a.example/x?y=1&z=%C3%A9#f",
		"https://a.example/my photo (1).jpg": "https://a.example/my%20photo%20(1).jpg",
		" https://a.example/x\n":             "https://a.example/x",
		"https://a.example/a\n\tb":           "https://a.example/ab",
		"https://a.example/100%.jpg":         "https://a.example/100%25.jpg",
		"https://a.example/%zz%41":           "https://a.example/%25zz%41",
		"HTTPS://A.Example/X":                "https://a.example/X",
		"http:\\\\a.example\\x":              "http://a.example/x",
		"http:/a.example/x":                  "http://a.example/x",
		"//a.example/x":                      "https://a.example/x",
		"https://a.example/ä?ö":              "https://a.example/%C3%A4?%C3%B6",
		"https://bücher.example/":            "https://xn--bcher-kva.example/",
		"https://例え.example/パス":              "https://xn--r8jz45g.example/%E3%83%91%E3%82%B9",
		"https://a.example/<b>\"`{}":         "https://a.example/%3Cb%3E%22%60%7B%7D",
		"https://a.example/a/../b/./c":       "https://a.example/b/c",
		"https://a.example:443/":             "https://a.example/",
		"https://[::1]/":                     "https://[::1]/",
		"/x":                                 "",
		"x.jpg":                              "",
		"":                                   "",
		"https://":                           "",
		"https://a b/":                       "",
		"https://a.example:99999/":           "",
		"javascript:alert(1)":                "",
		"JaVa\nScript:alert(1)":              "",
		"\x01javascript:alert(1)":            "",
		"data:text/html,x":                   "",
		"https" + strings.Repeat(":", 1<<16): "",
		"ftp://a.example/x":                  "",
		"vbscript:x//https://a.example/":     "",
	} {
		if got := webAddress(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// TestWebAddressTwice: an address is one that Go reads as well, of the web, and mending it again changes nothing.
func TestWebAddressTwice(t *testing.T) {
	part := rapid.SampledFrom([]string{
		"http", "https", "HTTP", ":", "/", "//", "\\", "a.example", "bücher.example", "xn--bcher-kva", "%", "%2", "%41", " ", "\t", "\n",
		"?", "#", "[", "]", "@", "user:pw", ":80", ".", "..", "<", ">", `"`, "'", "ä", "日本", "|", "^", "javascript:", "\x00", "\u200b", "&amp;",
	})
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(part, 1, 10).Draw(t, "parts"), "")
		if rapid.Bool().Draw(t, "web") {
			in = "https://a.example/" + in
		}
		once := webAddress(in)
		if once == "" {
			return
		}
		if u, err := url.Parse(once); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			t.Fatalf("%q becomes %q: %v", in, once, err)
		}
		if twice := webAddress(once); twice != once {
			t.Fatalf("%q becomes %q, and that %q", in, once, twice)
		}
	})
}
