package weburl

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/feeds/words"
)

// NamesArticle says whether an address by itself speaks of one article. That of a front page, a section, a page of status or an
// archive does not: many articles may stand there, one after the other or at once. In doubt it does not.
func NamesArticle(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	return u.RawQuery != "" || strings.Trim(u.Fragment, "!/") != "" || PathNamesArticle(u.Path)
}

// Host gives the host of an address in lower case, without port and www., and "" where there is none.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}

// IsFrontPage says whether an address is that of a site, or none.
func IsFrontPage(address string) bool {
	u, err := url.Parse(address)
	return err != nil || u.Host == "" || u.RawQuery == "" && strings.Trim(u.Fragment, "!/") == "" && len(segments(u.Path)) == 0
}

// What a part of a path has that is made of a headline.
const (
	slugWords = 3  // "release-notes" is a section
	slugRunes = 20 // of one word or of a script without spaces
)

// PathNamesArticle says whether a path, unescaped, has a part that an article is known by: a headline's words, or a number
// that is no part of a date. A day's page is an archive.
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

// isYear says whether a word of a path begins with a year: "2026", "202611", "20261130".
func isYear(w string) bool {
	return strings.Trim(w, "0123456789") == "" && (len(w) == 4 || len(w) == 6 || len(w) == 8) && (w[:2] == "19" || w[:2] == "20")
}

// segments gives the parts of a path without what a front page's address may have: a language, index.html.
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

// isLanguage says whether a part of a path looks like "en" or "pt-BR".
func isLanguage(part string) bool {
	lang, region, _ := strings.Cut(strings.ReplaceAll(part, "_", "-"), "-")
	return len(lang) == 2 && (region == "" || len(region) == 2) && !strings.ContainsFunc(part, unicode.IsDigit)
}

// forms are the parts of addresses below which films, recordings, pictures, letters and press releases stand, each with its name.
var forms = func() map[string]string {
	out := map[string]string{}
	for _, p := range words.Phrases("forms.txt") {
		out[p.Text] = p.Section
	}
	return out
}()

// FormRelease is the form of a press release.
const FormRelease = "press release"

// Form names what stands at an address that is no written article: "video". It is "" for an article.
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
