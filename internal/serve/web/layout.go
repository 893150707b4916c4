package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"math"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

//go:embed templates
var templateFiles embed.FS

// page is what the layout needs, around the body of one page.
type page struct {
	Lang    string // that it is written in
	Zone    string // that times are in, where the reader chose it; else the browser's is taken
	Clock   string // "12" or "24"
	Ago     string // how spans are written, for scripts
	Dir     string // "rtl" where that is written from right to left, else "ltr"
	Site    string // title of the site
	Title   string // of the page; empty on the front page
	Nav     string // "front", "topics", "outlets", "feeds", "help" or a topic's address: marked as current
	Query   string // in the search box
	Refresh int    // seconds after which the browser should load the page again; 0 is never
	Feeds   []feedLink
	Topics  []link
	May     may
	Bare    bool // without search and navigation: nobody is logged in
	// LoggedIn: the viewer has a session, which can be ended.
	LoggedIn bool
	Body     any

	Settings news.Settings // of the viewer
	Here     string        // the address of the page, to come back to from a form
	Unread   string        // how much the viewer has not read; "" is nothing
	Done     doneView      // what the form before the page has marked

	policy string // the Content-Security-Policy; "" is the one of all pages
	keep   bool   // it may be read while the server cannot be reached
	secret bool   // it shows a secret
}

// ThemeColours are the colours of the browser's own parts around the page, by what the system prefers.
func (p page) ThemeColours() []themeColour {
	switch p.Settings.Theme {
	case news.ThemeLight:
		return []themeColour{{Colour: lightBackground}}
	case news.ThemeDark:
		return []themeColour{{Colour: darkBackground}}
	case news.ThemeSepia:
		return []themeColour{{Colour: sepiaBackground}}
	case news.ThemeSystem:
	}
	return []themeColour{{"(prefers-color-scheme: light)", lightBackground}, {"(prefers-color-scheme: dark)", darkBackground}}
}

// ColourScheme is what fields and scroll bars look like, before the style sheet is there.
func (p page) ColourScheme() string {
	switch p.Settings.Theme {
	case news.ThemeLight, news.ThemeSepia:
		return "light"
	case news.ThemeDark:
		return "dark"
	case news.ThemeSystem:
	}
	return "light dark"
}

type themeColour struct {
	Media  string // "" is always
	Colour string
}

// may says what the viewer may do, so that pages show buttons only to those who may use them.
type may struct {
	Read  bool // have topics, marks and settings
	Feeds bool // change feeds
	Edit  bool // change outlets, corrections and topics of everybody
	Admin bool // manage users and the instance
}

// feedLink is a link to a feed of what the page shows.
type feedLink struct {
	Name, Type, Title, URL string
}

// link is a link to another page, or to the same in another form.
type link struct {
	Name, URL string
	Lang      string // of Name
	Current   bool   // it is what the page shows
}

func linkTopic(t news.Topic) link {
	return link{Name: t.Name, URL: "/topic/" + url.PathEscape(t.Name)}
}

// pages are the templates by name, each with the layout, by the language that they are written in.
type pages map[string]map[string]*template.Template

// wording are the functions by which templates write in a language. t writes a text and th one with elements and parts inside, by
// their English forms; part is what another template makes, and link and tag are elements. A number is written by number, percent.
func wording(l *locale.Language) template.FuncMap {
	return template.FuncMap{
		"t": l.Text, "th": l.Rich, "link": locale.Link, "tag": locale.Tag, "number": l.Number,
		"percent": func(n int) string { return l.Percent(float64(n) / 100) },
		"part":    func(string, any) (template.HTML, error) { return "", errors.New("part: the page is not loaded") },
	}
}

// loadPages panics where a template is malformed, which no input can bring about. Templates are parsed once, and copied for each
// language.
func loadPages(a assets) pages {
	funcs := template.FuncMap{"asset": a.path}
	languages := locale.Languages()
	base := template.Must(template.New("layout").Funcs(funcs).Funcs(wording(languages[0])).ParseFS(templateFiles, "templates/layout.html", "templates/parts.html"))
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
		parsed := template.Must(template.Must(base.Clone()).ParseFS(templateFiles, path.Join("templates", f.Name())))
		for _, l := range languages {
			if p[l.Tag] == nil {
				p[l.Tag] = map[string]*template.Template{}
			}
			p[l.Tag][name] = inLanguage(parsed, l)
		}
	}
	return p
}

// inLanguage copies a page that has not been shown yet.
func inLanguage(parsed *template.Template, l *locale.Language) *template.Template {
	t := template.Must(parsed.Clone()).Funcs(wording(l))
	return t.Funcs(template.FuncMap{"part": func(name string, data any) (template.HTML, error) {
		var b strings.Builder
		err := t.ExecuteTemplate(&b, name, data)
		return template.HTML(b.String()), err //nolint:gosec // escaped by the template
	}})
}

// write renders a page whole before it sends any of it, so that a failure can still become an error page.
func (p pages) write(w http.ResponseWriter, l *locale.Locale, status int, name string, view page) error {
	var b bytes.Buffer
	view.Lang, view.Dir, view.Zone, view.Clock = l.Tag, "ltr", view.Settings.TimeZone, string(locale.Clock24)
	view.Ago = strings.Join([]string{l.Text("just now"), l.Text("%d min ago"), l.Text("%d h ago"), l.Text("in %d min"), l.Text("in %d h")}, "|")
	if l.TwelveHours {
		view.Clock = string(locale.Clock12)
	}
	if l.RTL {
		view.Dir = "rtl"
	}
	if err := p[l.Tag][name].ExecuteTemplate(&b, "layout", view); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	if view.policy != "" {
		w.Header().Set("Content-Security-Policy", view.policy)
	}
	if view.secret {
		w.Header().Set(headerUncompressed, "1")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", l.Tag)
	w.Header().Add("Vary", "Accept-Language")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // an error here means that the client has gone
	return nil
}

// headerUncompressed is taken out of an answer by package gzhttp, which compresses the others. A page that shows a secret is sent as it is:
// pages repeat what stands in their address, so who can have a reader open addresses and sees how long the answers are would guess the
// secret piece by piece from how well they compress (BREACH).
const headerUncompressed = "No-Gzip-Compression"

const (
	perPage = 30
	maxPage = 200 // bounds what a crawler can make the store and the index skip over
)

// pager has the addresses of the pages before and after this one; "" is none.
type pager struct {
	Page       int
	Prev, Next string
}

// pageNumber reads ?page=, which counts from 1.
func pageNumber(q url.Values) int {
	n, err := strconv.Atoi(q.Get("page"))
	if err != nil || n < 1 {
		return 1
	}
	return min(n, maxPage)
}

// withPage is a query for page n. The first page has no number in its address.
func withPage(q url.Values, n int) url.Values {
	if n == 1 {
		return withParameter(q, "page", "")
	}
	return withParameter(q, "page", strconv.Itoa(n))
}

// withParameter is a query with another value of a parameter, or without it where that is empty.
func withParameter(q url.Values, name, value string) url.Values {
	q = maps.Clone(q)
	q.Del(name)
	if value != "" {
		q.Set(name, value)
	}
	return q
}

// addressWith is the path of an address with another query.
func addressWith(u *url.URL, q url.Values) string {
	return strings.TrimSuffix(u.EscapedPath()+"?"+q.Encode(), "?")
}

// pagerOf makes the links around page n of this request's address.
func pagerOf(r *http.Request, n int, more bool) pager {
	q := withParameter(r.URL.Query(), "cursor", "") // of this page alone
	link := func(n int) string { return addressWith(r.URL, withPage(q, n)) }
	p := pager{Page: n}
	if n > 1 {
		p.Prev = link(n - 1)
	}
	if more && n < maxPage {
		p.Next = link(n + 1)
	}
	return p
}

//go:embed static
var staticFiles embed.FS

// assets serves the files of the folder static under names that hold a hash of their content, so that browsers may keep
// them for good.
type assets struct {
	content map[string][]byte // by hashed name
	hashed  map[string]string // hashed name by name
	build   string            // a hash of them all
}

// loadAssets panics where the embedded files cannot be read, which no input can bring about.
func loadAssets() assets {
	a := assets{content: map[string][]byte{}, hashed: map[string]string{}}
	err := fs.WalkDir(staticFiles, "static", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := staticFiles.ReadFile(file)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		name, ext := path.Base(file), path.Ext(file)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.content[hashed], a.hashed[name] = data, hashed
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("web: embedded static files: %v", err))
	}
	names := slices.Sorted(maps.Values(a.hashed))
	sum := sha256.Sum256([]byte(strings.Join(names, "\n")))
	a.build = hex.EncodeToString(sum[:6])
	return a
}

// path gives the path that serves a file of the folder static.
func (a assets) path(name string) (string, error) {
	hashed, ok := a.hashed[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return "/static/" + hashed, nil
}

func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	data, ok := a.content[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(data) // an error here means that the client has gone
}

// timestamp is a time as pages show it. The zero value is an unknown time and is not shown. Pages have many of them and show each in one
// form or two, so that only those are written.
type timestamp struct {
	at time.Time
	l  *locale.Locale
}

// timestampOf gives the zero timestamp for the zero time.
func timestampOf(t time.Time, l *locale.Locale) timestamp {
	if t.IsZero() {
		return timestamp{}
	}
	return timestamp{t, l}
}

func (t timestamp) write(in func(time.Time) string) string {
	if t.l == nil {
		return ""
	}
	return in(t.at)
}

// Machine writes RFC 3339, for <time datetime>.
func (t timestamp) Machine() string {
	return t.write(func(at time.Time) string { return at.UTC().Format(time.RFC3339) })
}

// Ago writes "3 h ago".
func (t timestamp) Ago() string { return t.write(t.l.Ago) }

// Clock writes "12:04", or "18 Aug, 12:04" where that is not today.
func (t timestamp) Clock() string { return t.write(t.l.Clock) }

// Full writes "Tue 18 Aug 2026, 12:04 CEST".
func (t timestamp) Full() string { return t.write(t.l.Full) }

// Day writes "Tuesday, 18 August 2026".
func (t timestamp) Day() string { return t.write(t.l.FullDay) }

// Hour writes "12:04 CEST".
func (t timestamp) Hour() string {
	return t.write(func(at time.Time) string { return t.l.Hour(at) + " " + t.l.ZoneName(at) })
}

// articleTime is when an article came out, the zero timestamp where that is unknown.
func articleTime(a news.Article, l *locale.Locale) timestamp {
	if a.Undated {
		return timestamp{}
	}
	return timestampOf(a.Time(), l)
}

// storyTime shows t, a time of the story, or the zero timestamp where none of its articles has a date.
func storyTime(st news.Story, t time.Time, l *locale.Locale) timestamp {
	if st.Undated() {
		return timestamp{}
	}
	return timestampOf(t, l)
}

func percent(share float64) int {
	return int(math.Round(100 * min(max(share, 0), 1)))
}

// sizeText is a size as people say it.
func sizeText(n int64, l *locale.Locale) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%d kB", (n+500)/1000)
	case n < 1_000_000_000:
		return l.Decimal(float64(n)/1e6, 1) + " MB"
	}
	return l.Decimal(float64(n)/1e9, 1) + " GB"
}

// durationText is a duration as players show it: 62:03 is 1:02:03.
func durationText(d time.Duration) string {
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, s)
	}
	return fmt.Sprintf("%d:%02d", m, s)
}

// outLink is a link to another site.
type outLink struct {
	URL, Host string
}

// outTo gives a link that leaves the site, or none where the address is not one of the web.
func outTo(address string) outLink {
	u, err := url.Parse(publish.Absolute(address))
	if err != nil || u.Host == "" {
		return outLink{}
	}
	host := u.Hostname()
	if len(host) > len("www.") {
		host = strings.TrimPrefix(host, "www.")
	}
	return outLink{URL: u.String(), Host: host}
}

func storyPath(id int64) string { return "/story/" + strconv.FormatInt(id, 10) }

func articlePath(id int64) string { return "/article/" + strconv.FormatInt(id, 10) }

// comparePath is where two articles of a story stand side by side.
func comparePath(story, a, b int64) string {
	return fmt.Sprintf("%s/compare?a=%d&b=%d", storyPath(story), a, b)
}
