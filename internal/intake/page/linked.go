package page

import (
	"encoding/json"
	"strings"

	"headwater/internal/news"
)

const (
	maxLinked = 256 << 10 // bytes of a page's JSON-LD that are read
	maxNested = 6         // levels of it that are looked into
)

// linked is what the JSON-LD of a page says of the article (schema.org, NewsArticle). The first saying counts.
type linked struct {
	headline, publisher, published string
	authors                        []string
	basedOn                        []news.Reference
	bytes                          int
}

// read takes one script. JSON that is broken says nothing.
func (l *linked) read(script string, resolve func(string) string) {
	if l.bytes += len(script); l.bytes > maxLinked {
		return
	}
	var v any
	if json.Unmarshal([]byte(script), &v) == nil {
		l.walk(v, resolve, 0)
	}
}

// walk looks for articles in lists and graphs.
func (l *linked) walk(v any, resolve func(string) string, level int) {
	if level > maxNested {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			l.walk(x, resolve, level+1)
		}
	case map[string]any:
		l.walk(v["@graph"], resolve, level+1)
		if isArticle(v["@type"]) {
			l.article(v, resolve)
		}
	}
}

func isArticle(kind any) bool {
	for _, k := range strs(kind) {
		if strings.HasSuffix(k, "Article") || k == "BlogPosting" || k == "Report" || k == "LiveBlogPosting" {
			return true
		}
	}
	return false
}

func (l *linked) article(v map[string]any, resolve func(string) string) {
	if l.headline == "" {
		l.headline, _ = v["headline"].(string)
	}
	if l.published == "" {
		l.published, _ = v["datePublished"].(string)
	}
	for _, p := range references(v["publisher"]) {
		if l.publisher == "" {
			l.publisher = p.Title
		}
	}
	for _, a := range references(v["author"]) {
		if a.Title != "" && len(l.authors) < maxSources {
			l.authors = append(l.authors, a.Title)
		}
	}
	for _, r := range references(v["isBasedOn"]) {
		r.URL = resolve(r.URL)
		if r != (news.Reference{}) && len(l.basedOn) < maxSources {
			l.basedOn = append(l.basedOn, r)
		}
	}
}

// references reads what schema.org writes as a name, an address, an object with both, or a list of those.
func references(v any) []news.Reference {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "://") {
			return []news.Reference{{URL: v}}
		}
		return []news.Reference{{Title: line(v)}}
	case map[string]any:
		return []news.Reference{{Title: line(text(v, "name", "headline")), URL: text(v, "url", "@id")}}
	case []any:
		var out []news.Reference
		for _, x := range v[:min(len(v), maxSources)] {
			if _, list := x.([]any); !list {
				out = append(out, references(x)...)
			}
		}
		return out
	}
	return nil
}

func text(v map[string]any, keys ...string) string {
	for _, k := range keys {
		if s, ok := v[k].(string); ok && s != "" {
			return s
		}
	}
	return ""
}

func strs(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, x := range v {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}
