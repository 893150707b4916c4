package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"headwater/internal/intake/discover"
	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// feedsPerPage keeps the page small where there are thousands of feeds.
const feedsPerPage = 100

type feedsView struct {
	Total   int
	States  []stateLink
	Feeds   []feedView
	Pager   pager
	Offline bool
	Form    feedForm
	Notice  string
}

type feedForm struct {
	URL, Folder, Error string
	Insist             string           // the address to add in spite of Error; "" where that is not possible
	Choices            []news.FoundFeed // of a site that has several
}

// stateLink counts the feeds in a state and links to them.
type stateLink struct {
	Name    string
	Class   string // as in feedView
	Count   int
	URL     string
	Current bool
}

type feedView struct {
	Title, URL   string
	Site         outLink
	Folder       string
	State        string
	Class        string // "good", "bad" or "idle"
	Problem      string
	Checked, Due timestamp
	DueText      string // in place of Due
	Rule         news.Rule
	Articles     int
	Remove       string
}

func (s *server) feeds(w http.ResponseWriter, r *http.Request) error {
	return s.showFeeds(w, r, http.StatusOK, feedForm{})
}

func (s *server) showFeeds(w http.ResponseWriter, r *http.Request, status int, form feedForm) error {
	feeds, err := s.backend.Feeds(r.Context())
	if err != nil {
		return fmt.Errorf("feeds: %w", err)
	}
	query := r.URL.Query()
	state := query.Get("state")
	view := feedsView{Total: len(feeds), States: countStates(feeds, state), Offline: offline(feeds), Form: form}
	if query.Has("removed") {
		view.Notice = "The feed is removed. Its articles stay."
	}
	for _, f := range feeds {
		if query.Get("added") == fmt.Sprint(f.ID) {
			view.Notice = f.URL + " is added and will be read with the next poll."
		}
	}
	feeds = slices.DeleteFunc(slices.Clone(feeds), func(f news.Feed) bool { return state != "" && stateOf(f) != state })
	slices.SortStableFunc(feeds, func(a, b news.Feed) int {
		if bad := failed(a.State); bad != failed(b.State) { // those that need a look come first
			if bad {
				return -1
			}
			return 1
		}
		return cmp.Or(
			cmp.Compare(a.Folder, b.Folder),
			cmp.Compare(strings.ToLower(cmp.Or(a.Title, a.URL)), strings.ToLower(cmp.Or(b.Title, b.URL))),
			cmp.Compare(a.ID, b.ID),
		)
	})
	n := pageNumber(r)
	from := min((n-1)*feedsPerPage, len(feeds))
	to := min(from+feedsPerPage, len(feeds))
	view.Pager = pagerOf(r, n, to < len(feeds))
	for _, f := range feeds[from:to] {
		view.Feeds = append(view.Feeds, feedOf(f, s.locale(r)))
	}
	return s.write(w, r, status, "feeds", page{Title: "Feeds", Nav: "feeds", Body: view})
}

func stateOf(f news.Feed) string { return string(cmp.Or(f.State, news.FeedWaiting)) }

// failed says whether the last poll brought nothing to read.
func failed(state news.FeedState) bool {
	switch state {
	case "", news.FeedWaiting, news.FeedOK, news.FeedRepaired, news.FeedEmpty:
		return false
	}
	return true
}

// offline says whether no feed that was polled answered at all. The fault is then likely on our side.
func offline(feeds []news.Feed) bool {
	tried := 0
	for _, f := range feeds {
		switch f.State {
		case "", news.FeedWaiting:
		case news.FeedUnreachable, news.FeedTimeout:
			tried++
		default:
			return false
		}
	}
	return tried > 0
}

func stateClass(state news.FeedState) string {
	switch {
	case failed(state):
		return "bad"
	case state == news.FeedOK || state == news.FeedRepaired:
		return "good"
	default:
		return "idle"
	}
}

// countStates counts by state, the commonest first, after a link to all.
func countStates(feeds []news.Feed, current string) []stateLink {
	counts := map[string]int{}
	for _, f := range feeds {
		counts[stateOf(f)]++
	}
	links := make([]stateLink, 0, len(counts)+1)
	for state, n := range counts {
		links = append(links, stateLink{
			Name: state, Class: stateClass(news.FeedState(state)), Count: n,
			URL: "/feeds?state=" + url.QueryEscape(state), Current: state == current,
		})
	}
	slices.SortFunc(links, func(a, b stateLink) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return slices.Insert(links, 0, stateLink{Name: "all", Count: len(feeds), URL: "/feeds", Current: current == ""})
}

func feedOf(f news.Feed, l *locale.Locale) feedView {
	v := feedView{
		Title: cmp.Or(publish.Line(f.Title), f.URL), URL: f.URL, Site: outTo(f.Site), Folder: f.Folder,
		State: stateOf(f), Class: stateClass(f.State), Problem: f.Problem,
		Checked: timestampOf(f.Checked, l), Articles: f.Articles,
		Remove: fmt.Sprintf("/feeds/%d/remove", f.ID),
	}
	switch {
	case f.State == news.FeedGone:
		v.DueText = "never again"
	case f.Due.IsZero() || !f.Due.After(l.Now):
		v.DueText = "now"
	default:
		v.Due, v.Rule = timestampOf(f.Due, l), f.Rule
	}
	return v
}

func (s *server) addFeed(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	form := feedForm{URL: strings.TrimSpace(r.PostForm.Get("url")), Folder: publish.Line(r.PostForm.Get("folder"))}
	conflict := func(text string) error {
		form.Error = text
		return s.showFeeds(w, r, http.StatusConflict, form)
	}
	addresses, err := discover.Typed(form.URL)
	if err != nil {
		form.Error = err.Error()
		return s.showFeeds(w, r, http.StatusBadRequest, form)
	}
	address := addresses[0]
	if r.PostForm.Get("force") == "" {
		found, err := s.backend.FindFeeds(r.Context(), form.URL)
		if err != nil {
			return fmt.Errorf("find the feeds of %s: %w", form.URL, err)
		}
		address = found.Insisted()
		switch known := len(found.Feeds) == 1 && found.Feeds[0].Known != 0; {
		case known && found.Feeds[0].URL == form.URL:
			return conflict(form.URL + " is among the feeds already.")
		case known:
			return conflict(fmt.Sprintf("%s is among the feeds already: %s.", form.URL, found.Feeds[0].URL))
		case found.Problem != "":
			form.Error, form.Insist = publish.Line(found.Problem)+".", address
			if form.Insist == "" {
				return conflict(form.Error)
			}
			return s.showFeeds(w, r, http.StatusUnprocessableEntity, form)
		case len(found.Feeds) > 1:
			form.Choices = found.Feeds
			return s.showFeeds(w, r, http.StatusOK, form)
		}
	}
	f, err := s.backend.AddFeed(r.Context(), news.Feed{URL: address, Folder: form.Folder, Added: s.now()})
	if errors.Is(err, news.ErrExists) {
		return conflict(address + " is among the feeds already.")
	}
	if err != nil {
		return fmt.Errorf("add feed %s: %w", address, err)
	}
	http.Redirect(w, r, fmt.Sprintf("/feeds?added=%d", f.ID), http.StatusSeeOther)
	return nil
}

func (s *server) removeFeed(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.backend.RemoveFeed(r.Context(), id); err != nil {
		return fmt.Errorf("remove feed %d: %w", id, err)
	}
	http.Redirect(w, r, "/feeds?removed", http.StatusSeeOther)
	return nil
}
