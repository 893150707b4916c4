package weburl

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
)

// NamesArticle reports whether an address by itself names one article. Addresses of front pages, sections, status pages
// or archives do not, since many articles may be there, in turn or at once. In doubt it returns false.
func NamesArticle(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	return u.RawQuery != "" || strings.Trim(u.Fragment, "!/") != "" || PathNamesArticle(u.Path)
}

// Host returns the host of an address in lower case, without port and www., or "" if there is none.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}

// Hostname returns the host that serves an address, in lower case and without port. It is what gets one request at a time. For
// an address that can't be parsed it returns the address.
func Hostname(address string) string {
	u, err := Parse(address)
	if err != nil {
		return address
	}
	return strings.ToLower(u.Hostname())
}

// IsOn reports whether an address is on a domain or one of its subdomains.
func IsOn(address, domain string) bool {
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// IsFrontPage reports whether an address is that of a site's front page, or is not an address.
func IsFrontPage(address string) bool {
	u, err := url.Parse(address)
	return err != nil || u.Host == "" || u.RawQuery == "" && strings.Trim(u.Fragment, "!/") == "" && len(segments(u.Path)) == 0
}

// Least size of a path segment that is made from a headline.
const (
	slugWords = 3  // "release-notes" is a section
	slugRunes = 20 // of a single word, or of a script without spaces
)

// PathNamesArticle reports whether an unescaped path has a segment that names an article: words of a headline, or a
// number that is not part of a date. The page of a day is an archive.
func PathNamesArticle(path string) bool {
	var numbers []string
	dated := false
	for _, part := range segments(path) {
		words := strings.FieldsFunc(part, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
		said := 0
		for _, w := range words {
			if strings.Trim(w, "0123456789") != "" {
				said++
			}
			if strings.ContainsFunc(w, unicode.IsDigit) {
				numbers = append(numbers, w)
			}
			dated = dated || isYear(w)
		}
		if said >= slugWords || utf8.RuneCountInString(part) >= slugRunes {
			return true
		}
	}
	return slices.ContainsFunc(numbers, func(w string) bool {
		return !isYear(w) && !(dated && len(w) <= 2)
	})
}

// isYear reports whether a word of a path begins with a year: "2026", "202611", "20261130".
func isYear(w string) bool {
	return strings.Trim(w, "0123456789") == "" && (len(w) == 4 || len(w) == 6 || len(w) == 8) && (w[:2] == "19" || w[:2] == "20")
}

// segments returns the segments of a path without those that a front page may have: a language, index.html.
func segments(path string) []string {
	var out []string
	for part := range strings.SplitSeq(path, "/") {
		if at := strings.LastIndexByte(part, '.'); at > 0 && len(part)-at <= len(".shtml") {
			part = part[:at]
		}
		switch name := strings.ToLower(part); {
		case name == "", name == "index", name == "default", name == "home", isLanguage(name):
		default:
			out = append(out, part)
		}
	}
	return out
}

// isLanguage reports whether a segment of a path looks like "en" or "pt-BR".
func isLanguage(part string) bool {
	lang, region, _ := strings.Cut(strings.ReplaceAll(part, "_", "-"), "-")
	return len(lang) == 2 && (region == "" || len(region) == 2) && !strings.ContainsFunc(part, unicode.IsDigit)
}

// forms maps path segments to what is published below them: films, recordings, pictures, letters or press releases.
var forms = func() map[string]string {
	out := map[string]string{}
	for _, p := range words.Phrases("forms.txt") {
		out[p.Text] = p.Section
	}
	return out
}()

// FormRelease is the form of a press release.
const FormRelease = "press release"

// Form returns what an address leads to if that is no written article, such as "video". It returns "" for an article.
func Form(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	parts := strings.Split(strings.ToLower(strings.Trim(u.Path, "/")), "/")
	for _, part := range parts[:len(parts)-1] {
		if name := forms[part]; name != "" {
			return name
		}
	}
	return ""
}
