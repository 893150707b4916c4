package web

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strings"

	"headwater/internal/news"
)

//go:embed templates
var templateFiles embed.FS

// page is what the layout needs, around the body of one page.
type page struct {
	Site    string // title of the site
	Title   string // of the page; empty on the front page
	Nav     string // "front", "topics", "feeds" or a topic's address: marked as current
	Query   string // in the search box
	Refresh int    // seconds after which the browser should load the page again; 0 is never
	Feeds   []feedLink
	Topics  []topicLink
	Body    any
}

// feedLink leads to a feed of what the page shows.
type feedLink struct {
	Name, Type, Title, URL string
}

type topicLink struct {
	Name, URL string
}

// page starts a page's view with what all pages share.
func (s *server) page(ctx context.Context, title, nav string) (page, error) {
	topics, err := s.backend.Topics(ctx, 0)
	if err != nil {
		return page{}, fmt.Errorf("topics: %w", err)
	}
	p := page{Site: s.title, Title: title, Nav: nav}
	for _, t := range topics {
		p.Topics = append(p.Topics, linkTopic(t))
	}
	return p, nil
}

func linkTopic(t news.Topic) topicLink {
	return topicLink{Name: t.Name, URL: "/topic/" + url.PathEscape(t.Name)}
}

// pages are the templates by name, each with the layout.
type pages map[string]*template.Template

// loadPages panics where a template is malformed, which no input can bring about.
func loadPages(a assets) pages {
	funcs := template.FuncMap{"asset": a.address}
	base := template.Must(template.New("layout").Funcs(funcs).ParseFS(templateFiles, "templates/layout.html", "templates/parts.html"))
	files, err := templateFiles.ReadDir("templates")
	if err != nil {
		panic(fmt.Sprintf("web: embedded templates: %v", err))
	}
	p := pages{}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".html")
		if base.Lookup(f.Name()) != nil {
			continue
		}
		p[name] = template.Must(template.Must(base.Clone()).ParseFS(templateFiles, path.Join("templates", f.Name())))
	}
	return p
}

// write renders a page whole before it sends any of it, so that a failure can still become an error page.
func (p pages) write(w http.ResponseWriter, status int, name string, view page) error {
	var b bytes.Buffer
	if err := p[name].ExecuteTemplate(&b, "layout", view); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the client has gone; nobody is left to tell
	return nil
}
