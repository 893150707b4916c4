package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"path"
	"slices"

	"headwater/internal/news"
)

// Pages can be installed as an application, and some can be read while the server cannot be reached. The server decides which: each
// page says in headers whose it is and whether it may be kept, and static/sw.js does as they say.
const (
	headerViewer  = "X-Viewer"  // USER.LOOKS of who sees the page; see viewerKey
	headerOffline = "X-Offline" // "keep" where the page may be kept
)

// viewerKey names a user to the service worker without saying who it is, with the looks of the pages that it has. It is "none" for
// nobody.
func (s *server) viewerKey(user int64, set news.Settings, lang string) (string, error) {
	if user == 0 {
		return "none", nil
	}
	looks, err := json.Marshal(set)
	if err != nil {
		return "", fmt.Errorf("settings of user %d: %w", user, err)
	}
	who := sha256.Sum256(fmt.Appendf(nil, "%s\n%d", s.site.Instance, user))
	how := sha256.Sum256(append(looks, s.files.build+lang...))
	return hex.EncodeToString(who[:8]) + "." + hex.EncodeToString(how[:4]), nil
}

// offline is the page that is shown in place of one that is not kept.
func (s *server) offline(w http.ResponseWriter, r *http.Request) error {
	return s.write(w, r, http.StatusOK, "offline", page{Title: s.locale(r).Text("The server cannot be reached")})
}

// serviceWorker serves static/sw.js with what it has to know before it.
func (s *server) serviceWorker(w http.ResponseWriter, _ *http.Request) error {
	names, err := json.Marshal(s.files.shown())
	if err != nil {
		return fmt.Errorf("files of pages: %w", err)
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = fmt.Fprintf(w, "const build = %q, files = %s;\n%s", s.files.build, names, s.files.content[s.files.hashed[workerFile]]) // an error here means that the client has gone
	return nil
}

const workerFile = "sw.js"

// shown are the paths of the files that pages load: styles, scripts and the icon of the tab.
func (a assets) shown() []string {
	var paths []string
	for name, hashed := range a.hashed {
		if ext := path.Ext(name); (ext == ".css" || ext == ".js" || name == "icon.svg") && name != workerFile {
			paths = append(paths, "/static/"+hashed)
		}
	}
	slices.Sort(paths)
	return paths
}

// The colours of the browser's own parts around pages: --background of each theme in static/style.css.
const (
	lightBackground = "#fcfbf8"
	darkBackground  = "#15181b"
	sepiaBackground = "#f5ead4"
)

// manifest describes the pages as an application (W3C, Web Application Manifest).
func (s *server) manifest(w http.ResponseWriter, r *http.Request) error {
	l := s.locale(r)
	type icon struct {
		Source  string `json:"src"`
		Sizes   string `json:"sizes"`
		Type    string `json:"type"`
		Purpose string `json:"purpose,omitempty"`
	}
	type shortcut struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	m := struct {
		ID          string     `json:"id"`
		Lang        string     `json:"lang"`
		Name        string     `json:"name"`
		ShortName   string     `json:"short_name"`
		Description string     `json:"description"`
		Start       string     `json:"start_url"`
		Scope       string     `json:"scope"`
		Display     string     `json:"display"`
		Theme       string     `json:"theme_color"`
		Background  string     `json:"background_color"`
		Categories  []string   `json:"categories"`
		Icons       []icon     `json:"icons"`
		Shortcuts   []shortcut `json:"shortcuts"`
	}{
		ID: "/", Lang: l.Tag, Name: s.title, ShortName: s.title, Description: l.Text("The news, followed back to its source"), Start: "/", Scope: "/", Display: "standalone",
		Theme: lightBackground, Background: lightBackground, Categories: []string{"news"},
		Shortcuts: []shortcut{{l.Text("Topics"), "/topics"}, {l.Text("Feeds"), "/feeds"}},
	}
	for _, i := range []icon{
		{"icon.svg", "any", "image/svg+xml", ""},
		{"icon-192.png", "192x192", "image/png", ""},
		{"icon-512.png", "512x512", "image/png", ""},
		{"icon-maskable-512.png", "512x512", "image/png", "maskable"},
	} {
		var err error
		if i.Source, err = s.files.path(i.Source); err != nil {
			return err
		}
		m.Icons = append(m.Icons, i)
	}
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	w.Header().Set("Content-Type", "application/manifest+json")
	_, _ = w.Write(body) // an error here means that the client has gone
	return nil
}

// favicon answers browsers that ask for it by themselves, as beside a feed. Pages have links to icons.
func (s *server) favicon(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	_, _ = w.Write(s.files.content[s.files.hashed["icon-192.png"]]) // an error here means that the client has gone
	return nil
}

// maxShortName is how long the names of search engines may be (OpenSearch 1.1).
const maxShortName = 16

// openSearch describes the search to browsers, which then offer it in their address field (OpenSearch 1.1, with its extension for
// suggestions).
func (s *server) openSearch(w http.ResponseWriter, r *http.Request) error {
	type image struct {
		Width   int    `xml:"width,attr"`
		Height  int    `xml:"height,attr"`
		Type    string `xml:"type,attr"`
		Address string `xml:",chardata"`
	}
	type address struct {
		Type     string `xml:"type,attr"`
		Rel      string `xml:"rel,attr,omitempty"`
		Template string `xml:"template,attr"`
	}
	site := s.siteFor(r).URL
	icon, err := s.files.path("icon-192.png")
	if err != nil {
		return err
	}
	name := []rune(s.title)
	body, err := xml.Marshal(struct {
		XMLName     xml.Name  `xml:"http://a9.com/-/spec/opensearch/1.1/ OpenSearchDescription"`
		ShortName   string    `xml:"ShortName"`
		Description string    `xml:"Description"`
		Encoding    string    `xml:"InputEncoding"`
		Image       image     `xml:"Image"`
		URLs        []address `xml:"Url"`
	}{
		ShortName: string(name[:min(len(name), maxShortName)]), Description: s.locale(r).Text("Search the news of %s", s.title), Encoding: "UTF-8",
		Image: image{192, 192, "image/png", site + icon},
		URLs: []address{
			{Type: "text/html", Template: site + "/search?q={searchTerms}"},
			{Type: openSearchSuggestions, Rel: "suggestions", Template: site + "/suggest?form=opensearch&q={searchTerms}"},
			{Type: "application/opensearchdescription+xml", Rel: "self", Template: site + "/opensearch.xml"},
		},
	})
	if err != nil {
		return fmt.Errorf("description of the search: %w", err)
	}
	w.Header().Set("Content-Type", "application/opensearchdescription+xml; charset=utf-8")
	_, _ = w.Write(append([]byte(xml.Header), body...)) // an error here means that the client has gone
	return nil
}

const openSearchSuggestions = "application/x-suggestions+json"

// openSearchAnswer is the form of suggestions that browsers read: what was typed, the searches, what is said of each, and where
// each leads.
func openSearchAnswer(typed, site string, all []suggestion) any {
	queries, about, addresses := []string{}, []string{}, []string{}
	for _, one := range all {
		queries, about, addresses = append(queries, one.Query), append(about, one.Count), append(addresses, site+one.URL)
	}
	return []any{typed, queries, about, addresses}
}
