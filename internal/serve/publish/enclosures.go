package publish

import (
	"cmp"
	"slices"
	"strings"

	"headwater/internal/news"
)

// maxEnclosures bounds the files of an entry.
const maxEnclosures = 30

// enclosures are the files that come with a story: those of its current version, or where that has no recording, of the first member
// that has one.
func enclosures(st news.Story) []news.Enclosure {
	plays := func(a news.Article) bool { return slices.ContainsFunc(a.Enclosures, news.Enclosure.Plays) }
	lead := st.Current().Article
	all := slices.Clone(lead.Enclosures)
	if !plays(lead) {
		for _, m := range st.Members {
			if plays(m.Article) {
				all = append(all, m.Article.Enclosures...)
				break
			}
		}
	}
	return all
}

// Files gives enclosures fit to be shown and written: absolute addresses, each once.
func Files(all []news.Enclosure) []news.Enclosure {
	var out []news.Enclosure
	seen := map[string]bool{}
	for _, e := range all {
		e.URL, e.Type, e.Title = Absolute(e.URL), strings.ToLower(Line(e.Type)), Line(e.Title)
		e.Length, e.Duration = max(e.Length, 0), max(e.Duration, 0)
		if e.URL != "" && !seen[e.URL] && len(out) < maxEnclosures {
			seen[e.URL] = true
			out = append(out, e)
		}
	}
	return out
}

// mime is an enclosure's media type where it is known whole, and not only as "image/*".
func mime(e news.Enclosure) string {
	if strings.HasSuffix(e.Type, "*") {
		return ""
	}
	return e.Type
}

func enclosureLinks(all []news.Enclosure) []atomLink {
	var out []atomLink
	for _, e := range all {
		out = append(out, atomLink{Rel: "enclosure", Type: mime(e), Href: e.URL, Title: e.Title, Length: e.Length})
	}
	return out
}

// rssEnclosure has all three attributes, as RSS 2.0 asks for; the length is 0 where it is not known.
type rssEnclosure struct {
	URL    string `xml:"url,attr"`
	Length int64  `xml:"length,attr"`
	Type   string `xml:"type,attr"`
}

// rssMedia is media:content of Media RSS.
type rssMedia struct {
	URL      string `xml:"url,attr"`
	Type     string `xml:"type,attr,omitempty"`
	Medium   string `xml:"medium,attr,omitempty"`
	Length   int64  `xml:"fileSize,attr,omitempty"`
	Duration int64  `xml:"duration,attr,omitempty"`
	Title    string `xml:"media:title,omitempty"`
}

// rssFiles gives the one enclosure that an RSS item has, a recording before anything else, and as media:content what it
// can't say and the other files.
func rssFiles(all []news.Enclosure) (one *rssEnclosure, others []rssMedia) {
	i := slices.IndexFunc(all, news.Enclosure.Plays)
	if i < 0 {
		i = slices.IndexFunc(all, func(e news.Enclosure) bool { return !e.IsPicture() })
	}
	if i < 0 {
		i = slices.IndexFunc(all, func(e news.Enclosure) bool { return mime(e) != "" })
	}
	for j, e := range all {
		if j == i {
			one = &rssEnclosure{e.URL, e.Length, cmp.Or(mime(e), "application/octet-stream")}
			if e.Duration == 0 && e.Title == "" {
				continue
			}
		}
		m := rssMedia{URL: e.URL, Type: mime(e), Length: e.Length, Duration: e.Duration, Title: e.Title}
		switch medium, _, _ := strings.Cut(e.Type, "/"); medium {
		case "image", "audio", "video":
			m.Medium = medium
		}
		others = append(others, m)
	}
	return one, others
}

type jsonAttachment struct {
	URL      string `json:"url"`
	Type     string `json:"mime_type"`
	Title    string `json:"title,omitempty"`
	Length   int64  `json:"size_in_bytes,omitempty"`
	Duration int64  `json:"duration_in_seconds,omitempty"`
}

func attachments(all []news.Enclosure) []jsonAttachment {
	var out []jsonAttachment
	for _, e := range all {
		out = append(out, jsonAttachment{e.URL, cmp.Or(mime(e), "application/octet-stream"), e.Title, e.Length, e.Duration})
	}
	return out
}

// image is the first picture among the files, or "".
func image(all []news.Enclosure) string {
	if i := slices.IndexFunc(all, news.Enclosure.IsPicture); i >= 0 {
		return all[i].URL
	}
	return ""
}
