package weburl

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEncode(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"as it should be", "https://town.example/a?b=c&d#e", "https://town.example/a?b=c&d#e"},
		{"no path", "https://town.example", "https://town.example"},
		{"capitals", "https://Town.Example:443/A", "https://Town.Example:443/A"},
		{"an old query", "https://town.example/?u[]=1;2,'3'", "https://town.example/?u[]=1;2,'3'"},
		{"escapes", "https://town.example/a%20b%2Fc?d=%c3%a9", "https://town.example/a%20b%2Fc?d=%c3%a9"},
		{"spaces", " https://town.example/plan of it.xml?q=a b#c d ", "https://town.example/plan%20of%20it.xml?q=a%20b#c%20d"},
		{"a bar", "https://town.example/a|b?c|d", "https://town.example/a%7Cb?c|d"},
		{"braces and quotes", "https://town.example/{a}\"<b>?\"<c>", "https://town.example/%7Ba%7D%22%3Cb%3E?%22%3Cc%3E"},
		{"brackets", "https://town.example/[a b]?x[]=é", "https://town.example/[a%20b]?x[]=%C3%A9"},
		{"another script", "https://town.example/новости?q=тест#о", "https://town.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8?q=%D1%82%D0%B5%D1%81%D1%82#%D0%BE"},
		{"escapes among letters", "https://town.example/%D0%BD/é%2F", "https://town.example/%D0%BD/%C3%A9%2F"},
		{"a name in another script", "http://пример.рф/rss", "http://xn--e1afmkfd.xn--p1ai/rss"},
		{"capitals in another script", "http://ПРИМЕР.РФ:80/rss", "http://xn--e1afmkfd.xn--p1ai/rss"},
		{"a port", "http://пример.рф:8080/rss", "http://xn--e1afmkfd.xn--p1ai:8080/rss"},
		{"a name with marks", "https://www.bücher.example", "https://www.xn--bcher-kva.example/"},
		{"eszett", "https://straße.example/", "https://xn--strae-oqa.example/"},
		{"wide dots and letters", "https://ｔｏｗｎ。example/", "https://town.example/"},
		{"an escaped name", "http://%D0%BF%D1%80%D0%B8%D0%BC%D0%B5%D1%80.%D1%80%D1%84/rss", "http://xn--e1afmkfd.xn--p1ai/rss"},
		{"punycode", "http://xn--e1afmkfd.xn--p1ai/a b", "http://xn--e1afmkfd.xn--p1ai/a%20b"},
		{"a login", "https://a%40b:c d@town.example/", "https://a%40b:c%20d@town.example/"},
		{"a bare %", "https://town.example/50%/x?y=100%&z=%zz", "https://town.example/50%25/x?y=100%25&z=%25zz"},
		{"backslashes", `https:\\town.example\a\b?c\d`, `https://town.example/a/b?c\d`},
		{"line breaks", "https://town.exa\nmple/a\tb\r\n/c", "https://town.example/ab/c"},
		{"invisible signs around", "\ufeff\u00a0https://town.example/a\u200b", "https://town.example/a"},
		{"too few slashes", "https:/town.example/a", "https://town.example/a"},
		{"too many slashes", "https:///town.example/a", "https://town.example/a"},
		{"dots", "https://town.example/a/../b/./c", "https://town.example/b/c"},
		{"dots in a query", "https://town.example/a?b=/../c", "https://town.example/a?b=/../c"},
		{"Latin-1", "https://town.example/caf\xe9?q=\xe9", "https://town.example/caf%E9?q=%E9"},
		{"an IPv6 address", "http://[::1]:8080/a b", "http://[::1]:8080/a%20b"},
		{"ftp", "ftp://town.example/a b", "ftp://town.example/a%20b"},
		{"another scheme", "mailto:é b@town.example", "mailto:é b@town.example"},
		{"no scheme", "town.example/a b", "town.example/a b"},
		{"a space in the host", "https://to wn.example/a b", "https://to wn.example/a b"},
		{"Latin-1 in the host", "https://caf\xe9.example/", "https://caf\xe9.example/"},
		{"no host", "https://", "https://"},
		{"nothing", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Encode(tc.in); got != tc.want {
				t.Errorf("Encode(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

func TestJoin(t *testing.T) {
	base, err := url.Parse("https://пример.рф/a/b?c")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"d":                         "https://xn--e1afmkfd.xn--p1ai/a/d",
		"/d e":                      "https://xn--e1afmkfd.xn--p1ai/d%20e",
		"../é":                      "https://xn--e1afmkfd.xn--p1ai/%C3%A9",
		"?q=a b":                    "https://xn--e1afmkfd.xn--p1ai/a/b?q=a%20b",
		`\d`:                        "https://xn--e1afmkfd.xn--p1ai/d",
		"50%":                       "https://xn--e1afmkfd.xn--p1ai/a/50%25",
		"caf\xe9":                   "https://xn--e1afmkfd.xn--p1ai/a/caf%E9",
		"//bücher.example/é":        "https://xn--bcher-kva.example/%C3%A9",
		"10:30.html":                "https://xn--e1afmkfd.xn--p1ai/a/10:30.html",
		"http://town.example/a b|c": "http://town.example/a%20b%7Cc",
		"mailto:ada@town.example":   "mailto:ada@town.example",
		"http://to wn.example/a b":  "http://to wn.example/a b",
	} {
		if got := Join(base, in); got != want {
			t.Errorf("Join(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, bad := range []string{"", "x", "/a", "https://", "mailto:a@b.example", "http://%zz/", "http://a.example:port/", "http://caf\xe9.example/?é", "http://xn--a.example/?é", "http://a b.example/"} {
		if u, err := Parse(bad); err == nil {
			t.Errorf("Parse(%q) = %q, want an error", bad, u)
		}
	}
	if u, err := Parse("http://bücher.example/a b"); err != nil || u.String() != "http://xn--bcher-kva.example/a%20b" {
		t.Errorf("got %v, %v", u, err)
	}
}

// TestEncodeTwice: an encoded address stays unchanged, and every address that can be parsed becomes ASCII.
func TestEncodeTwice(t *testing.T) {
	part := rapid.SampledFrom([]string{"a", "é", "日", "\xe9", " ", "%", "%2", "%41", "/", `\`, "?", "#", "..", "|", "[", "]", "@", ":", "8", "'", "\n", "&", "=", "xn--", "."})
	rapid.Check(t, func(t *rapid.T) {
		in := "https://town.example" + strings.Join(rapid.SliceOf(part).Draw(t, "rest"), "")
		once := Encode(in)
		if twice := Encode(once); twice != once {
			t.Fatalf("%q became %q, then %q", in, once, twice)
		}
		if u, err := Parse(in); err == nil && strings.ContainsFunc(u.String(), func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q became %q", in, u)
		}
	})
}
