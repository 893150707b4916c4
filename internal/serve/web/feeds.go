package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/publish"
	"headwater/internal/weburl"
)

const (
	feedsPerPage   = 50
	maxFeedSearch  = 200  // characters
	maxChosen      = 5000 // feeds that one form changes
	shownFolders   = 12   // folders that are listed before the rest is folded
	fewFeeds       = 5    // up to so many, the page offers lists to begin with
	maxFolderName  = 80   // characters of a folder that headings and lists show
	longestFeed    = 120  // characters of a feed's title in lists
	shownAddresses = 90   // characters of an address in lists
)

type feedsView struct {
	All      int
	Few      bool
	Query    string
	Healths  []choiceLink
	Folders  []choiceLink
	More     []choiceLink // folders
	Sorts    []choiceLink
	Hidden   []hidden // what a search keeps
	Summary  string
	Groups   []feedGroup
	Names    []string // of folders, for moving feeds
	Pager    pager
	Offline  bool
	Filtered bool
	Notice   feedNotice
	Back     string // this page, for forms that lead back to it
	May      bool
}

// choiceLink is a link that chooses what a list shows.
type choiceLink struct {
	Name, Class, URL string
	Count            int
	Sick             int // of a folder: feeds that fail
	Current          bool
}

// feedGroup is feeds of one folder. Without a heading they are of any.
type feedGroup struct {
	Heading string
	Page    string // of the folder
	Feeds   []feedRow
}

type feedRow struct {
	ID          int64
	Title, Page string
	Host        string
	Folder      string // where the list is not by folders
	Health      healthView
	Shown       bool // the health is worth a line
	Spark       sparkline
	Newest      timestamp
	Articles    int
}

// feedNotice says what a form did. It offers to undo a removal.
type feedNotice struct {
	Text string
	Undo []int64 // feeds to restore
	// Folder names the removal of a folder to undo; "" is none.
	Folder string
	Bad    bool
}

func feedPath(id int64) string { return "/feed/" + strconv.FormatInt(id, 10) }

// folderPath is the page of a folder. Browsers take dots alone for another address; such a folder has its feeds only.
func folderPath(name string) string {
	if name == "." || name == ".." {
		return "/feeds?folder=" + name
	}
	return "/folder/" + url.PathEscape(name)
}

func (s *server) feeds(w http.ResponseWriter, r *http.Request) error {
	l, values := s.locale(r), r.URL.Query()
	q := news.FeedQuery{
		Text: publish.Cut(publish.Line(queryOf(r)), maxFeedSearch), Health: news.FeedHealth(values.Get("health")), Sort: news.FeedSort(values.Get("sort")), Limit: feedsPerPage,
	}
	if values.Get("health") == "removed" {
		return s.removedFeeds(w, r)
	}
	if !slices.Contains(news.FeedHealths, q.Health) {
		q.Health = ""
	}
	if !slices.Contains(news.FeedSorts, q.Sort) {
		q.Sort = news.FeedsByFolder
	}
	if values.Has("folder") {
		folder := values.Get("folder")
		q.Folder = &folder
	}
	n := pageNumber(r.URL.Query())
	q.Offset = (n - 1) * feedsPerPage
	found, err := s.backend.FeedPage(r.Context(), q)
	if err != nil {
		return err
	}
	v := feedsView{
		All: found.All, Few: found.All <= fewFeeds, Query: q.Text, Offline: found.Offline, Back: r.URL.RequestURI(), May: s.mayChangeFeeds(r),
		Filtered: q.Text != "" || q.Health != "" || q.Folder != nil, Pager: pagerOf(r, n, q.Offset+len(found.Feeds) < found.Total),
		Hidden: hiddenOf(values, append([]string{"q", "page"}, doneParameters...)...),
	}
	if v.Notice, err = s.feedNotice(r, l); err != nil {
		return err
	}
	v.Summary = l.Text("%d feeds", found.All)
	if v.Filtered {
		v.Summary = l.Text("%d of %s feeds", found.Total, l.Number(found.All))
	}
	v.addChoices(r, l, q, found)
	for _, f := range found.Feeds {
		heading, path := "", ""
		if q.Sort == news.FeedsByFolder && q.Folder == nil {
			heading, path = l.Text("No folder"), ""
			if f.Folder != "" {
				heading, path = publish.Cut(f.Folder, maxFolderName), folderPath(f.Folder)
			}
		}
		if last := len(v.Groups) - 1; last < 0 || v.Groups[last].Heading != heading {
			v.Groups = append(v.Groups, feedGroup{Heading: heading, Page: path})
		}
		group := &v.Groups[len(v.Groups)-1]
		row := feedRowOf(f, found.Days[f.ID], l)
		if heading == "" && q.Folder == nil {
			row.Folder = publish.Cut(f.Folder, maxFolderName)
		}
		group.Feeds = append(group.Feeds, row)
	}
	return s.write(w, r, http.StatusOK, "feeds", page{Title: l.Text("Feeds"), Nav: "feeds", Body: v})
}

func feedRowOf(f news.Feed, days []news.DayCount, l *locale.Locale) feedRow {
	row := feedRow{
		ID: f.ID, Title: feedTitle(f), Page: feedPath(f.ID), Host: publish.Cut(hostText(f.URL), shownAddresses), Health: healthOf(f, l),
		Spark: sparklineOf(days, l), Newest: timestampOf(f.Changed, l), Articles: f.Articles,
	}
	health := f.Health(l.Now)
	row.Shown = health != news.HealthGood
	if health == news.HealthRepaired {
		row.Health.What = ""
	}
	return row
}

// feedTitle is what a feed is called on pages.
func feedTitle(f news.Feed) string {
	return publish.Cut(cmp.Or(publish.Line(f.Title), weburl.Shown(f.URL)), longestFeed)
}

// hostText is the host of an address, or the address where it has none.
func hostText(address string) string { return cmp.Or(outTo(address).Host, address) }

func (s *server) mayChangeFeeds(r *http.Request) bool { return s.viewer(r).May(access.Feeds) }

// addChoices adds the links by which the list is filtered and sorted.
func (v *feedsView) addChoices(r *http.Request, l *locale.Locale, q news.FeedQuery, found news.FeedPage) {
	const none = "\x00"
	with := func(name, value string) string {
		values := r.URL.Query()
		for _, gone := range append([]string{"page", name}, doneParameters...) {
			values.Del(gone)
		}
		if value != none {
			values.Set(name, value)
		}
		if len(values) == 0 {
			return "/feeds"
		}
		return "/feeds?" + values.Encode()
	}
	v.Healths = append(v.Healths, choiceLink{Name: l.Text("all"), URL: with("health", none), Count: found.All, Current: q.Health == ""})
	for _, health := range news.FeedHealths {
		if n := found.Health[health]; n > 0 || health == q.Health {
			words := healthText[health]
			v.Healths = append(v.Healths, choiceLink{Name: l.Text(words.name), Class: words.class, URL: with("health", string(health)), Count: n, Current: health == q.Health})
		}
	}
	for _, f := range found.Folders {
		link := choiceLink{Name: publish.Cut(f.Name, maxFolderName), URL: with("folder", f.Name), Count: f.Feeds, Sick: f.Sick, Current: q.Folder != nil && *q.Folder == f.Name}
		if f.Name == "" {
			link.Name = l.Text("No folder")
		}
		if link.Current {
			link.URL = with("folder", none)
		}
		if len(v.Folders) < shownFolders {
			v.Folders = append(v.Folders, link)
		} else {
			v.More = append(v.More, link)
		}
	}
	v.Names = namesOf(found.Folders)
	if len(found.Folders) == 1 && found.Folders[0].Name == "" {
		v.Folders = nil
	}
	for _, by := range []struct {
		sort news.FeedSort
		name string
	}{
		{news.FeedsByFolder, locale.Key("folder|sort")},
		{news.FeedsByName, locale.Key("name|sort")},
		{news.FeedsByTrouble, locale.Key("trouble|sort")},
		{news.FeedsByNewest, locale.Key("newest article|sort")},
		{news.FeedsByArticles, locale.Key("articles|sort")},
		{news.FeedsByAdded, locale.Key("added|sort")},
	} {
		v.Sorts = append(v.Sorts, choiceLink{Name: l.Text(by.name), URL: with("sort", string(by.sort)), Current: by.sort == q.Sort})
	}
}

// feedNotice reads from the address what a form did.
func (s *server) feedNotice(r *http.Request, l *locale.Locale) (v feedNotice, err error) {
	q := r.URL.Query()
	n, err := strconv.Atoi(q.Get("n"))
	if err != nil {
		n = 1
	}
	switch q.Get("done") {
	case "moved":
		v.Text = l.Text("%d feeds moved.", n)
	case "paused":
		v.Text = l.Text("%d feeds are paused. They are not read until they are resumed.", n)
	case "resumed":
		v.Text = l.Text("%d feeds are resumed. They are read at the next opportunity.", n)
	case "refreshed":
		v.Text = l.Text("%d feeds are read as soon as their sites may be asked.", n)
	case "restored":
		v.Text = l.Text("%d feeds are back, with all that was set and marked.", n)
	case "gone":
		v.Text = l.Text("The removal cannot be undone any more. Add the feed again by its address: its articles are still there.")
		v.Bad = true
	case "nothing":
		v.Text, v.Bad = l.Text("No feed was chosen, or those that were chosen are gone."), true
	case "saved":
		v.Text = l.Text("Saved.")
	case "started":
		v.Text = l.Text("%d feeds are added, and are read now. The first articles come within a minute.", n)
	case "renamed":
		v.Text = l.Text("The folder is renamed.")
	case "merged":
		v.Text = l.Text("The folders are one now.")
	case "folder-removed":
		v.Text = l.Text("The folder is removed. Its feeds stay.")
		if id, err := strconv.ParseInt(q.Get("id"), 10, 64); err == nil {
			v.Folder = strconv.FormatInt(id, 10)
		}
	case "folder-restored":
		v.Text = l.Text("%d feeds are in their folder again.", n)
	case "folder-gone":
		v.Text, v.Bad = l.Text("The removal of the folder cannot be undone any more."), true
	case "added":
		v.Text = l.Text("The feed is added, and is read now.")
	case "removed":
		return s.removalNotice(r, l)
	}
	return v, nil
}

// removalNotice offers to undo the removal that took the feed ?id=, with those that went with it.
func (s *server) removalNotice(r *http.Request, l *locale.Locale) (v feedNotice, err error) {
	id, err := strconv.ParseInt(r.URL.Query().Get("id"), 10, 64)
	if err != nil {
		return v, nil //nolint:nilerr // nobody of us wrote that address
	}
	removed, err := s.backend.RemovedFeeds(r.Context(), maxChosen)
	if err != nil {
		return v, err
	}
	at := slices.IndexFunc(removed, func(f news.Feed) bool { return f.ID == id })
	if at < 0 {
		return v, nil // it was restored meanwhile
	}
	for _, f := range removed {
		if f.Removed.Equal(removed[at].Removed) {
			v.Undo = append(v.Undo, f.ID)
		}
	}
	if len(v.Undo) == 1 {
		v.Text = l.Text("%s is removed. Its articles stay.", feedTitle(removed[at]))
	} else {
		v.Text = l.Text("%d feeds are removed. Their articles stay.", len(v.Undo))
	}
	return v, nil
}

// removedView lists the feeds that can be restored.
type removedView struct {
	Feeds  []removedFeed
	Notice feedNotice
	May    bool
}

type removedFeed struct {
	ID            int64
	Title, Host   string
	Removed, Ends timestamp
	Articles      int
}

func (s *server) removedFeeds(w http.ResponseWriter, r *http.Request) error {
	l := s.locale(r)
	removed, err := s.backend.RemovedFeeds(r.Context(), maxChosen)
	if err != nil {
		return err
	}
	v := removedView{May: s.mayChangeFeeds(r)}
	if v.Notice, err = s.feedNotice(r, l); err != nil {
		return err
	}
	for _, f := range removed {
		v.Feeds = append(v.Feeds, removedFeed{
			ID: f.ID, Title: feedTitle(f), Host: hostText(f.URL), Removed: timestampOf(f.Removed, l), Ends: timestampOf(f.Removed.Add(news.UndoRemoval), l), Articles: f.Articles,
		})
	}
	return s.write(w, r, http.StatusOK, "feedsremoved", page{Title: l.Text("Removed feeds"), Nav: "feeds", Body: v})
}

// feedsAgain leads those to the list who open the address of its form.
func (s *server) feedsAgain(w http.ResponseWriter, r *http.Request) error {
	return redirect(w, r, "/feeds")
}

// changeFeeds does to all feeds that a form chose what its button says.
func (s *server) changeFeeds(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	back := "/feeds"
	if from := r.PostForm.Get("back"); isLocal(from) {
		back = from
	}
	ids, err := chosenIDs(r.PostForm["id"])
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return redirect(w, r, withDone(back, "nothing", 0, 0))
	}
	ctx := r.Context()
	var done string
	var n int
	switch action := r.PostForm.Get("action"); action {
	case "move":
		folder := r.PostForm.Get("folder")
		n, err = s.backend.ChangeFeeds(ctx, ids, news.FeedEdit{Folder: &folder})
		done = "moved"
	case "pause", "resume":
		n, err = s.setPaused(ctx, ids, action == "pause")
		done = action + "d"
	case "refresh":
		at, errRefresh := s.backend.RefreshFeeds(ctx, ids)
		done, n, err = "refreshed", len(at), errRefresh
	case "remove":
		n, err = s.backend.RemoveFeeds(ctx, ids)
		done = "removed"
	case "restore":
		restored, errRestore := s.backend.RestoreFeeds(ctx, ids)
		if done, n, err = "restored", len(restored), errRestore; n == 0 {
			return orRedirect(w, r, err, withDone(back, "gone", 0, 0))
		}
	default:
		return badRequest("The form has no action that is known here. Open the page again.")
	}
	if err := refusedForm(err, s.locale(r), back); err != nil {
		return err
	}
	if n == 0 {
		return redirect(w, r, withDone(back, "nothing", 0, 0))
	}
	return redirect(w, r, withDone(back, done, n, ids[0]))
}

// chosenIDs reads the numbers of feeds that a form chose.
func chosenIDs(values []string) ([]int64, error) {
	if len(values) > maxChosen {
		return nil, badRequest("%d feeds are chosen; choose at most %d at once.", len(values), maxChosen)
	}
	ids := make([]int64, 0, len(values))
	for _, text := range values {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id < 1 {
			return nil, badRequest("%q is no number of a feed.", publish.Cut(text, 40))
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// doneParameters are the parameters of an address that say what a form did. No other link carries them along.
var doneParameters = []string{"done", "n", "id"}

// withDone adds to an address what a form did, for feedNotice.
func withDone(address, done string, n int, id int64) string {
	path, query, _ := strings.Cut(address, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		values = url.Values{}
	}
	for _, name := range doneParameters {
		values.Del(name)
	}
	values.Set("done", done)
	if n > 0 {
		values.Set("n", strconv.Itoa(n))
	}
	if id > 0 && (done == "removed" || done == "folder-removed") {
		values.Set("id", strconv.FormatInt(id, 10))
	}
	return path + "?" + values.Encode()
}

func redirect(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func orRedirect(w http.ResponseWriter, r *http.Request, err error, to string) error {
	if err != nil {
		return err
	}
	return redirect(w, r, to)
}

// refusedForm shows why a form was refused; other errors are returned as they are.
func refusedForm(err error, l *locale.Locale, back string) error {
	var refused *news.RefusedError
	if errors.As(err, &refused) {
		return problem{Status: http.StatusUnprocessableEntity, Heading: "That does not work", Message: sentence(l, refused), Back: back}
	}
	return err
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
