package web

import (
	"net/http"
	"net/url"
	"strconv"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// What a form has marked, the page after it says, with a form that takes it back. Without JavaScript the address of the page carries
// it (doneQuery); read.js asks for JSON and gets the same words (doneView).

// maxDoneTitle bounds the headline in what a page says of a marking.
const maxDoneTitle = 80

// doneView says what was done. The zero value says nothing.
type doneView struct {
	Said   string   `json:"said,omitempty"`
	Action string   `json:"action,omitempty"` // where the form that undoes it goes; "" where nothing does
	Fields []hidden `json:"fields,omitempty"` // of that form
}

// done is one marking of one article, as addresses have it.
type done struct {
	kind    string // "read", "unread", "star", "unstar", "label" or "unlabel"
	article int64
	label   string
	story   bool  // the buttons were those of a story
	undo    int64 // the number of a marking as read; of another kind 1; 0 where nothing was changed
}

// The names by which an address says what was done.
var doneQuery = []string{"marked", "unmarked", "undo", "mark", "of", "labelled", "story", "removed", "renamed", "restored"}

// addTo has an address say what was done.
func (d done) addTo(q url.Values) {
	q.Set("mark", d.kind)
	q.Set("of", strconv.FormatInt(d.article, 10))
	if d.label != "" {
		q.Set("labelled", d.label)
	}
	if d.story {
		q.Set("story", "1")
	}
	if d.undo != 0 {
		q.Set("undo", strconv.FormatInt(d.undo, 10))
	}
}

// doneOf reads an address that says what was done. What cannot be read says nothing.
func doneOf(q url.Values) (d done) {
	article, err := strconv.ParseInt(q.Get("of"), 10, 64)
	if err != nil || article < 1 {
		return done{}
	}
	d = done{kind: q.Get("mark"), article: article, label: q.Get("labelled"), story: q.Has("story")}
	d.undo, _ = strconv.ParseInt(q.Get("undo"), 10, 64) // without it nothing is undone
	return d
}

// doneTexts are what a page says of each kind of marking, and the field of the form that takes it back.
var doneTexts = map[string]struct{ said, undo string }{
	"read":    {locale.Key("Marked as read: %s"), "undo"},
	"unread":  {locale.Key("Marked as unread: %s"), "read"},
	"star":    {locale.Key("Starred: %s"), "unstar"},
	"unstar":  {locale.Key("No longer starred: %s"), "star"},
	"label":   {locale.Key("Label %s added: %s"), "remove"},
	"unlabel": {locale.Key("Label %s removed: %s"), "add"},
}

// view says what was done with an article of a title.
func (d done) view(title string, l *locale.Locale) (v doneView) {
	of, ok := doneTexts[d.kind]
	if !ok {
		return v
	}
	title = publish.Cut(title, maxDoneTitle)
	labels := d.kind == "label" || d.kind == "unlabel"
	if labels {
		v.Said = l.Text(of.said, publish.Cut(d.label, maxDoneTitle), title)
	} else {
		v.Said = l.Text(of.said, title)
	}
	id := strconv.FormatInt(d.article, 10)
	switch {
	case d.undo <= 0:
	case d.kind == "read":
		v.Action, v.Fields = "/marks/undo", []hidden{{of.undo, strconv.FormatInt(d.undo, 10)}}
	case labels:
		v.Action, v.Fields = articlePath(d.article)+"/labels", []hidden{{of.undo, d.label}}
	default:
		v.Action, v.Fields = "/marks", []hidden{{of.undo, id}}
		if d.story {
			v.Fields = append(v.Fields, hidden{"story", "1"})
		}
	}
	return v
}

// doneScrolling is what one reading marked as read by scrolling: read.js marks some articles each time, and says once how many they are.
type doneScrolling struct {
	articles int
	undo     []int64 // the numbers of the markings
}

// scrolledOf reads from the form of a marking what was marked by scrolling before. The zero value is nothing.
func scrolledOf(form url.Values) (d doneScrolling, err error) {
	if d.articles, _ = strconv.Atoi(form.Get("marked")); d.articles < 1 { // without a number there was nothing before
		return doneScrolling{}, nil
	}
	d.undo, err = undoOf(form)
	return d, err
}

// with adds a marking.
func (d doneScrolling) with(m news.Marked) doneScrolling {
	return doneScrolling{articles: d.articles + len(m.Read), undo: append(d.undo, m.Marking)}
}

// view says how many articles were marked, with a form that takes all of it back.
func (d doneScrolling) view(l *locale.Locale) doneView {
	v := doneView{Said: l.Text("%d articles marked as read.", d.articles), Action: "/marks/undo"}
	for _, marking := range d.undo {
		v.Fields = append(v.Fields, hidden{"undo", strconv.FormatInt(marking, 10)})
	}
	return v
}

// sayDone says what the form before this page has marked.
func (s *server) sayDone(r *http.Request) (doneView, error) {
	q, l := r.URL.Query(), s.locale(r)
	if d := doneOf(q); d.kind != "" {
		return s.viewDone(r, d)
	}
	count := func(name string) int {
		n, err := strconv.Atoi(q.Get(name))
		if err != nil || n < 0 {
			return -1
		}
		return n
	}
	if n := count("marked"); n >= 0 {
		v := doneView{Said: l.Text("%d articles marked as read.", n)}
		if id, err := strconv.ParseInt(q.Get("undo"), 10, 64); err == nil && id > 0 {
			v.Action, v.Fields = "/marks/undo", []hidden{{"undo", strconv.FormatInt(id, 10)}}
		}
		return v, nil
	}
	if n := count("unmarked"); n >= 0 {
		return doneView{Said: l.Text("%d articles are unread again.", n)}, nil
	}
	return doneView{}, nil
}

// viewDone says what was done with an article. Of one that is gone it says nothing.
func (s *server) viewDone(r *http.Request, d done) (doneView, error) {
	articles, err := s.backend.ArticlesByID(r.Context(), []int64{d.article})
	if err != nil || len(articles) == 0 {
		return doneView{}, err
	}
	l := s.locale(r)
	return d.view(articleTitle(articles[0], l), l), nil
}

// doneWith is what a marking of one article did.
func doneWith(kind string, article int64, m news.Marked, story bool) done {
	d := done{kind: kind, article: article, story: story}
	switch kind {
	case "read":
		d.undo = m.Marking
	case "unread":
		d.undo = min(int64(len(m.Unread)), 1)
		d.story = story && len(m.Unread) > 1 // else the article that stands for the story was unread before
	case "star":
		d.undo = min(int64(len(m.Starred)), 1)
	case "unstar":
		d.undo = min(int64(len(m.Unstarred)), 1)
	}
	return d
}

// doneWithLabel is what a marking did that gave an article a label, or took it.
func doneWithLabel(kind string, article int64, label string, m news.Marked) done {
	return done{kind: kind, article: article, label: label, undo: min(int64(len(m.Relabelled)), 1)}
}

// backWith is a page to go back to, which says what was done.
func backWith(back *url.URL, say func(url.Values)) *url.URL {
	q := back.Query()
	for _, name := range doneQuery {
		q.Del(name)
	}
	say(q)
	back.RawQuery = q.Encode()
	return back
}

// here is the address of a page to come back to, without what it says of the form before.
func here(r *http.Request) string {
	u := backWith(&url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}, func(url.Values) {})
	return u.String()
}

// sayRemoved says that a label was removed, or is back, on the page of labels.
func sayRemoved(q url.Values, l *locale.Locale) (v doneView) {
	switch {
	case q.Has("removed"):
		name := q.Get("removed")
		v.Said = l.Text("The label %s is removed. Its articles stay.", publish.Cut(name, maxDoneTitle))
		if id, err := strconv.ParseInt(q.Get("undo"), 10, 64); err == nil && id > 0 {
			v.Action, v.Fields = linkLabel(name).URL, []hidden{{"restore", strconv.FormatInt(id, 10)}}
		}
	case q.Has("renamed"):
		v.Said = l.Text("The label is called %s now.", publish.Cut(q.Get("renamed"), maxDoneTitle))
	case q.Has("restored"):
		v.Said = l.Text("The label %s is back.", publish.Cut(q.Get("restored"), maxDoneTitle))
	}
	return v
}
