package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// Marks are what a user said of articles: read, starred, labelled. They are those of the Google Reader API, in both directions.
// Wherever a headline stands, buttons of one form change them; static/read.js sends the form without leaving the page.

// MarkStore keeps what a user has read, starred and labelled.
type MarkStore interface {
	States(ctx context.Context, user int64, articles []int64) (map[int64]news.ItemState, error)
	MarkItems(ctx context.Context, user int64, m news.Marking) (news.Marked, error)
	MarkAllRead(ctx context.Context, user int64, l news.ItemList) (news.Marked, error)
	// UndoRead takes back one marking as read, and nothing else.
	UndoRead(ctx context.Context, user, marking int64) (news.Marked, error)
	// Visit notes that a user is here, and returns when the visit before this one ended.
	Visit(ctx context.Context, user int64, now time.Time, ends time.Duration) (time.Time, error)
}

const (
	maxMarking = 200            // articles that one form marks
	undoUntil  = 24 * time.Hour // after a marking
)

// markView is the buttons that mark an article. The zero value has none.
type markView struct {
	ID            int64 // of the article
	Story         bool  // the buttons are those of a story, and mark the article that stands for it
	Read, Starred bool
}

// Attributes are those of the element that the article's headline stands in, for links to it, read.js and the style sheet.
func (m markView) Attributes() template.HTMLAttr {
	if m.ID == 0 {
		return ""
	}
	all := fmt.Sprintf(`id="a%d" data-article="%d"`, m.ID, m.ID)
	if m.Read {
		all += " data-read"
	}
	if m.Starred {
		all += " data-starred"
	}
	return template.HTMLAttr(all) //nolint:gosec // of numbers
}

// marks fills in the marks of articles, and leaves out the buttons for those who are nobody's user.
func (s *server) marks(r *http.Request, views ...*markView) error {
	v := s.viewer(r)
	if !v.Known() {
		for _, m := range views {
			*m = markView{}
		}
		return nil
	}
	if len(views) == 0 {
		return nil
	}
	ids := make([]int64, len(views))
	for i, m := range views {
		ids[i] = m.ID
	}
	states, err := s.backend.States(r.Context(), v.User.ID, ids)
	if err != nil {
		return fmt.Errorf("marks: %w", err)
	}
	for _, m := range views {
		m.Read, m.Starred = states[m.ID].Read, states[m.ID].Starred
	}
	return nil
}

// formMarking is what a form does with some articles.
type formMarking struct {
	field string
	news.Marking
}

// markingOf reads which articles a form marks, and how.
func markingOf(form url.Values) ([]formMarking, error) {
	var all []formMarking
	articles := 0
	for _, kind := range []formMarking{
		{"read", news.Marking{Read: true}},
		{"unread", news.Marking{Unread: true}},
		{"star", news.Marking{AddLabels: []string{""}}},
		{"unstar", news.Marking{DropOff: []string{""}}},
	} {
		for _, value := range form[kind.field] {
			id, err := strconv.ParseInt(value, 10, 64)
			if err != nil || id < 1 {
				return nil, badRequest("%q is no article.", publish.Cut(value, 40))
			}
			kind.Articles = append(kind.Articles, id)
		}
		if len(kind.Articles) > 0 {
			all = append(all, kind)
			articles += len(kind.Articles)
		}
	}
	if articles > maxMarking {
		return nil, badRequest("These are too many articles at once. Mark them in parts.")
	}
	return all, nil
}

// setMarks marks the articles of a form, and goes back to where it stood. A script that asks for JSON gets what has changed. Where it
// marks what was scrolled past, its form also says what it marked so before; the answer then speaks of all of it.
func (s *server) setMarks(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	markings, err := markingOf(r.PostForm)
	if err != nil {
		return err
	}
	before, err := scrolledOf(r.PostForm)
	if err != nil {
		return err
	}
	var changed news.Marked
	var one done // what was done where the form marks one article
	story := r.PostForm.Has("story")
	for _, m := range markings {
		id, single := m.Articles[0], len(markings) == 1 && len(m.Articles) == 1
		if story {
			if m.Articles, err = s.withLeads(r.Context(), m.Marking); err != nil {
				return err
			}
		}
		did, err := s.backend.MarkItems(r.Context(), s.viewer(r).User.ID, m.Marking)
		if err != nil {
			return fmt.Errorf("mark articles: %w", err)
		}
		changed.Read, changed.Unread = append(changed.Read, did.Read...), append(changed.Unread, did.Unread...)
		changed.Starred, changed.Unstarred = append(changed.Starred, did.Starred...), append(changed.Unstarred, did.Unstarred...)
		changed.Marking = max(changed.Marking, did.Marking)
		if single {
			one = doneWith(m.field, id, did, story)
		}
	}
	if asksForJSON(r) {
		var v doneView
		switch {
		case one.kind != "" && before.articles == 0:
			if v, err = s.viewDone(r, one); err != nil {
				return fmt.Errorf("mark articles: %w", err)
			}
		case changed.Marking != 0:
			v = before.with(changed).view(s.locale(r))
		}
		return s.sendMarked(w, r, changed, v)
	}
	back := backWith(backOf(r), func(q url.Values) {
		switch {
		case one.kind != "":
			one.addTo(q)
		case changed.Marking != 0:
			sayMarked(q, changed)
		}
	})
	if len(markings) > 0 {
		back.Fragment = "a" + strconv.FormatInt(markings[0].Articles[0], 10)
	}
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
	return nil
}

// sayMarked has an address say how many articles were marked as read.
func sayMarked(q url.Values, m news.Marked) {
	q.Set("marked", strconv.FormatInt(m.CountRead(), 10))
	if m.Marking != 0 {
		q.Set("undo", strconv.FormatInt(m.Marking, 10))
	}
}

func asksForJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

// withLeads adds to what is marked as read or unread the articles that stand for the stories of the articles, so that who reads a
// story has read it.
func (s *server) withLeads(ctx context.Context, m news.Marking) ([]int64, error) {
	ids := m.Articles
	if !m.Read && !m.Unread {
		return ids, nil
	}
	for _, id := range m.Articles {
		st, err := s.backend.StoryOf(ctx, id)
		if errors.Is(err, news.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("story of article %d: %w", id, err)
		}
		if lead := st.Lead().Article.ID; !slices.Contains(ids, lead) {
			ids = append(slices.Clip(ids), lead)
		}
	}
	return ids, nil
}

// sendMarked tells read.js which articles of the page have other marks now, how many are unread, and what to say of it.
func (s *server) sendMarked(w http.ResponseWriter, r *http.Request, m news.Marked, v doneView) error {
	unread, err := s.unread(r)
	if err != nil {
		return err
	}
	body, err := json.Marshal(struct {
		Read      []int64 `json:"read,omitempty"`
		Unread    []int64 `json:"unread,omitempty"`
		Starred   []int64 `json:"starred,omitempty"`
		Unstarred []int64 `json:"unstarred,omitempty"`
		Left      string  `json:"left"`
		doneView
	}{m.Read, m.Unread, m.Starred, m.Unstarred, unread, v})
	if err != nil {
		return fmt.Errorf("marks: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // an error here means that the client has gone
	return nil
}

// unread is how many articles, or stories, the viewer has not read, as the navigation shows it; "" is none.
func (s *server) unread(r *http.Request) (string, error) {
	v := s.viewer(r)
	if !v.Known() {
		return "", nil
	}
	total, err := s.backend.UnreadTotal(r.Context(), v.User.ID)
	if err != nil {
		return "", fmt.Errorf("count what is unread: %w", err)
	}
	n := total.Stories
	if v.Settings.Lists == news.ListByArticle {
		n = total.Articles
	}
	if n <= 0 {
		return "", nil
	}
	return s.locale(r).Number(int(n)), nil
}

// markAll marks a list as read, or what stands above or below one of its articles. What came after the page was made stays.
func (s *server) markAll(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	v := s.viewer(r)
	l, err := parseList(r.PostForm.Get("list"), v.Settings)
	if err != nil || !l.marksAll() {
		return badRequest("There is no such list.")
	}
	if _, err := s.listTopic(r, l); err != nil {
		return err
	}
	q := l.items()
	if q.Through, err = strconv.ParseInt(r.PostForm.Get("through"), 10, 64); err != nil || q.Through < 1 {
		return badRequest("The form does not say up to which article the list reached.")
	}
	place := r.PostForm.Get("below")
	if above := r.PostForm.Get("above"); above != "" {
		place, q.Oldest = above, !q.Oldest
	}
	if q.After, err = news.ParsePlace(place); err != nil {
		return badRequest("The form names no place in the list.")
	}
	marked, err := s.backend.MarkAllRead(r.Context(), v.User.ID, q)
	if err != nil {
		return fmt.Errorf("mark %s as read: %w", l.address(), err)
	}
	back := backWith(backOf(r), func(q url.Values) { sayMarked(q, marked) })
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
	return nil
}

// marksAll says whether all of a list can be marked as read.
func (l readList) marksAll() bool { return l.kind != listHistory && l.kind != listHidden }

// undoOf reads the numbers of the markings that a form takes back, or of which it speaks.
func undoOf(form url.Values) (markings []int64, err error) {
	for _, value := range form["undo"] {
		marking, err := strconv.ParseInt(value, 10, 64)
		if err != nil || marking < 1 {
			return nil, badRequest("The form does not say what to mark. Open the page again.")
		}
		markings = append(markings, marking)
	}
	if len(markings) > maxMarking {
		return nil, badRequest("These are too many articles at once. Mark them in parts.")
	}
	return markings, nil
}

// undoMarks takes back one or several markings.
func (s *server) undoMarks(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	markings, err := undoOf(r.PostForm)
	if err != nil {
		return err
	}
	if len(markings) == 0 {
		return badRequest("The form does not say what to mark. Open the page again.")
	}
	if s.now().Sub(time.UnixMilli(slices.Min(markings))) > undoUntil {
		return problem{Status: http.StatusGone, Heading: "Too late", Message: "This was marked more than a day ago. Each article can be marked as unread by itself."}
	}
	var undone news.Marked
	for _, marking := range markings {
		did, err := s.backend.UndoRead(r.Context(), s.viewer(r).User.ID, marking)
		if err != nil {
			return fmt.Errorf("undo a marking: %w", err)
		}
		undone.Unread = append(undone.Unread, did.Unread...)
	}
	if asksForJSON(r) {
		return s.sendMarked(w, r, undone, doneView{Said: s.locale(r).Text("%d articles are unread again.", len(undone.Unread))})
	}
	back := backWith(backOf(r), func(q url.Values) { q.Set("unmarked", strconv.Itoa(len(undone.Unread))) })
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
	return nil
}

// backOf is the page of ours from which a form was sent; the front page where the form does not say so.
func backOf(r *http.Request) *url.URL {
	back, ok := localAddress(r.PostForm.Get("back"))
	if !ok {
		return &url.URL{Path: "/"}
	}
	back.Fragment, back.RawFragment = "", ""
	return back
}

// looked says whether somebody looks at what is asked for. A browser that loads pages ahead has not shown them, a service worker
// keeps them for later, and a picture on another site's page that has the address of a page shows nothing.
func looked(r *http.Request) bool {
	if r.Method != http.MethodGet || r.Header.Get("Sec-Purpose") != "" || r.Header.Get("Purpose") != "" {
		return false
	}
	if to := r.Header.Get("Sec-Fetch-Dest"); to != "" && to != "document" {
		return false
	}
	return r.Header.Get("Sec-Fetch-Site") != "cross-site" || r.Header.Get("Sec-Fetch-User") != ""
}

// opened returns the viewer's marks of the article that a page shows. It is marked as read before, where the viewer wants that.
func (s *server) opened(r *http.Request, article int64) (state news.ItemState, err error) {
	v := s.viewer(r)
	if !v.Known() {
		return state, nil
	}
	states, err := s.backend.States(r.Context(), v.User.ID, []int64{article})
	if err != nil {
		return state, fmt.Errorf("marks of article %d: %w", article, err)
	}
	state = states[article]
	if state.Read || !v.Settings.Opening.On() || !looked(r) {
		return state, nil // a marking would change nothing, and wait for whoever writes
	}
	done, err := s.backend.MarkItems(r.Context(), v.User.ID, news.Marking{Articles: []int64{article}, Read: true})
	if err != nil {
		return state, fmt.Errorf("mark article %d as read: %w", article, err)
	}
	state.Read, state.ReadAt = true, time.UnixMilli(done.Marking)
	return state, nil
}
