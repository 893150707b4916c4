package demo

import (
	"regexp"
	"strings"
	"testing"

	"headwater/internal/news"
)

var (
	quotation = regexp.MustCompile(`"[^"]*"`)
	wordRun   = regexp.MustCompile(`[\pL\pN]+`)
)

// runs is the set of five words in a row outside quotations.
func runs(a *article) map[string]bool {
	text := quotation.ReplaceAllString(strings.Join(a.paragraphs, " "), " \x00 ")
	set := make(map[string]bool)
	for part := range strings.SplitSeq(text, "\x00") {
		words := wordRun.FindAllString(strings.ToLower(part), -1)
		for i := 0; i+5 <= len(words); i++ {
			set[strings.Join(words[i:i+5], " ")] = true
		}
	}
	return set
}

// share is the part of a's runs that also stand in b.
func share(a, b *article) float64 {
	mine, theirs := runs(a), runs(b)
	n := 0
	for run := range mine {
		if theirs[run] {
			n++
		}
	}
	return float64(n) / float64(max(1, len(mine)))
}

func originals(p *Server) map[string]*article {
	m := make(map[string]*article)
	for _, a := range p.articles {
		if a.Role == news.RoleOriginal {
			m[a.story] = a
		}
	}
	return m
}

func TestRolesAreTrueToTheText(t *testing.T) {
	p := newServer(t)
	from := originals(p)
	heavy := 0
	for _, a := range p.articles {
		if a.Role == news.RoleOriginal || from[a.story] == nil || a.outlet.Aggregator {
			continue
		}
		s := share(a, from[a.story])
		if a.Role == news.RoleRewrite && s < 0.03 {
			heavy++
		}
		switch {
		case a.Role == news.RoleRewrite && s > 0.20:
			t.Errorf("%s is a rewrite but shares %.0f%% of its prose with the original", a.key, 100*s)
		case a.Role != news.RoleRewrite && s < 0.60:
			t.Errorf("%s is a %s but shares only %.0f%% of its prose with the original", a.key, a.Role, 100*s)
		}
	}
	if heavy < 8 {
		t.Errorf("%d rewrites share hardly five words in a row with their original, want at least 8", heavy)
	}
}

func TestIndependentStoriesShareNoProse(t *testing.T) {
	p := newServer(t)
	list := originals(p)
	for _, a := range list {
		for _, b := range list {
			if a != b && share(a, b) > 0.05 {
				t.Errorf("%s shares %.0f%% of its prose with %s", a.key, 100*share(a, b), b.key)
			}
		}
	}
}

func TestReportsOfOneEventShareAQuotation(t *testing.T) {
	p := newServer(t)
	byEvent := make(map[string][]string)
	for _, a := range originals(p) {
		if a.Event != "" {
			byEvent[a.Event] = append(byEvent[a.Event], strings.Join(a.paragraphs, " "))
		}
	}
	for event, texts := range byEvent {
		for i, text := range texts {
			others := strings.Join(append(append([]string{}, texts[:i]...), texts[i+1:]...), " ")
			if !quotesFrom(text, others) {
				t.Errorf("event %s: a report quotes nothing that another quotes:\n%s", event, text)
			}
		}
	}
}

func quotesFrom(text, others string) bool {
	for _, q := range quotation.FindAllString(text, -1) {
		if words := strings.Trim(q, `".,`); len(words) > 25 && strings.Contains(others, words) {
			return true
		}
	}
	return false
}

func TestRewritesNameTheirOrigin(t *testing.T) {
	p := newServer(t)
	names := make(map[string][]string)
	for _, o := range p.Outlets() {
		names[o.Name] = append(o.Aliases, o.Name)
	}
	origin := make(map[string]string)
	for _, a := range p.Truth() {
		origin[a.URL] = a.Origin
	}
	for _, a := range p.articles {
		if a.Role != news.RoleRewrite {
			continue
		}
		text, found := strings.Join(a.paragraphs, " "), false
		for _, name := range names[origin[a.url]] {
			found = found || strings.Contains(text, name)
		}
		if !found {
			t.Errorf("%s does not say that %s wrote it first", a.key, origin[a.url])
		}
	}
}
