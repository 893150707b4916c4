package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// ItemStore lists a user's articles.
type ItemStore interface {
	Items(ctx context.Context, user int64, l news.ItemList) ([]news.Item, error)
	// History lists what was read, in the order in which it was.
	History(ctx context.Context, user int64, l news.ItemList) ([]news.Item, error)
	// UnreadFeeds, ReadFeeds and LabelledFeeds give the feeds that have articles in a list; the label "" is the star.
	UnreadFeeds(ctx context.Context, user int64) ([]news.FeedItems, error)
	ReadFeeds(ctx context.Context, user int64) ([]news.FeedItems, error)
	LabelledFeeds(ctx context.Context, user int64, label string) ([]news.FeedItems, error)
	UnreadTotal(ctx context.Context, user int64) (news.UnreadTotal, error)
	// LastArticle gives the highest id of an article.
	LastArticle(ctx context.Context) (int64, error)
	// ArticlesByID gives whole articles in the order asked, without those that are not stored.
	ArticlesByID(context.Context, []int64) ([]news.Article, error)
}

// LeadReader reads the stories that articles stand for.
type LeadReader interface {
	// StoriesLedBy gives the stories whose lead is one of the articles, by article.
	StoriesLedBy(ctx context.Context, articles []int64) (map[int64]news.Story, error)
}

const (
	maxReadFeeds = 60 // feeds that a list names to choose from
	maxLabels    = 30 // labels that a list names
)

// readView is a list of articles of a user.
type readView struct {
	Kind     string // "unread", "starred", "history", "hidden" or "label"
	Title    string
	Only     string // what the list is narrowed to; "" is nothing
	All      string // the list without that
	Lists    []link // the other lists
	Ways     []link // of showing this one
	Folders  []countedLink
	Feeds    []countedLink
	Topics   []link
	Labels   []link
	Label    link // the label that is listed
	Items    []readItem
	Count    string // "1,204 articles", of an unread list
	List     string // the address of the list, for forms
	Through  int64  // the newest article when the list was made
	First    string // the beginning of the list; "" where that is shown
	Next     string
	MarksAll bool
}

// countedLink is a link with how much there is behind it.
type countedLink struct {
	link
	Count string
}

// readItem is an article in a list.
type readItem struct {
	Title, Lang string
	Page        string
	Outlet      string
	Out         outLink
	Time        timestamp
	Dek         string
	Versions    string // "5 versions" of its story
	Story       string // the page of that
	Read        timestamp
	Place       string // in the list, for what is above and below
	Marks       markView
	Unlabel     string // the label that is listed
}

// readPage makes the handler of a list.
func (s *server) readPage(kind string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, l := s.viewer(r), s.locale(r)
		list, err := parseList(r.URL.String(), v.Settings)
		if err != nil {
			return notFound("There is no such list.")
		}
		list.asOf = time.Time{}
		view := readView{Kind: kind, MarksAll: list.marksAll()}
		if err := s.narrow(r, list, &view, l); err != nil {
			return err
		}
		if view.Through, err = s.backend.LastArticle(r.Context()); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		after, err := news.ParsePlace(r.URL.Query().Get("cursor"))
		if err != nil {
			return badRequest("The address names no place in this list. Begin it anew.")
		}
		items, err := s.readItems(r.Context(), v.User.ID, list, after, false, perPage+1)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		view.List = list.address()
		if after != (news.Place{}) {
			view.First = view.List
		}
		if len(items) > perPage {
			items = items[:perPage]
			view.Next = view.List + "&cursor=" + list.place(items[perPage-1]).String()
		}
		if view.Items, err = s.readItemsOf(r, list, items, l); err != nil {
			return err
		}
		view.Ways = waysOf(list, l)
		view.Lists = []link{
			{Name: l.Text("Unread"), URL: "/unread", Current: kind == listUnread},
			{Name: l.Text("Starred"), URL: "/starred", Current: kind == listStarred},
			{Name: l.Text("Read"), URL: "/history", Current: kind == listHistory},
			{Name: l.Text("Labels"), URL: "/labels", Current: kind == listLabel},
		}
		if kind == listHidden {
			view.Lists = append(view.Lists, link{Name: l.Text("Hidden by rules"), URL: "/hidden", Current: true})
		}
		if kind == listStarred || kind == listLabel {
			if err := s.addLabels(r.Context(), v.User.ID, &view); err != nil {
				return err
			}
		}
		return s.write(w, r, http.StatusOK, "read", page{Title: view.Title, Nav: "read", Body: view})
	}
}

// narrow fills in the title of a list, what it is narrowed to, and what it can be narrowed to.
func (s *server) narrow(r *http.Request, list readList, view *readView, l *locale.Locale) error {
	switch list.kind {
	case listUnread:
		view.Title = l.Text("Unread")
	case listStarred:
		view.Title = l.Text("Starred")
	case listHistory:
		view.Title = l.Text("What you read")
	case listHidden:
		view.Title = l.Text("Hidden by rules")
	case listLabel:
		view.Title, view.Label = list.label, linkLabel(list.label)
	}
	all := list
	all.folder, all.feed, all.topic = "", 0, 0
	view.All = all.address()
	view.Only = list.folder
	if list.topic != 0 {
		t, err := s.listTopic(r, list)
		if err != nil {
			return err
		}
		view.Only = t.Name
	}
	if list.feed != 0 {
		f, err := s.backend.Feed(r.Context(), list.feed)
		if err != nil {
			return fmt.Errorf("feed %d: %w", list.feed, err)
		}
		view.Only = feedTitle(f)
	}
	feeds, err := s.feedsOf(r, list)
	if err != nil {
		return fmt.Errorf("feeds of a list: %w", err)
	}
	if list.kind == listUnread {
		if err := s.addTopics(r, list, all, view); err != nil {
			return err
		}
	}
	itemsIn := func(f news.FeedItems) int64 {
		if list.byArticle {
			return f.Articles
		}
		return f.Stories
	}
	feeds = slices.DeleteFunc(feeds, func(f news.FeedItems) bool { return itemsIn(f) <= 0 })
	total, folders := int64(0), map[string]int64{}
	var own []news.FeedItems // of the folder
	for _, f := range feeds {
		if list.folder == "" || list.folder == f.Folder {
			if list.feed == 0 || list.feed == f.ID {
				total += itemsIn(f)
			}
			own = append(own, f)
		}
		folders[f.Folder] += itemsIn(f)
	}
	if len(own) > maxReadFeeds && list.folder == "" {
		own = nil // the folders narrow it down first
	}
	for _, f := range own[:min(len(own), maxReadFeeds)] {
		to := list
		to.feed = f.ID
		of := link{Name: feedTitle(news.Feed{Title: f.Title, URL: f.URL}), URL: to.address(), Current: f.ID == list.feed}
		view.Feeds = append(view.Feeds, countedLink{of, l.Number(int(itemsIn(f)))})
	}
	for f, n := range folders {
		to := all
		to.folder = f
		if f != "" {
			view.Folders = append(view.Folders, countedLink{link{Name: f, URL: to.address(), Current: f == list.folder}, l.Number(int(n))})
		}
	}
	slices.SortFunc(view.Folders, func(a, b countedLink) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	if list.topic == 0 && list.kind == listUnread {
		view.Count = l.Text("%d stories", int(total))
		if list.byArticle {
			view.Count = l.Text("%d articles", int(total))
		}
	}
	return nil
}

// feedsOf gives the feeds that have articles in a list, whatever that is narrowed to.
func (s *server) feedsOf(r *http.Request, list readList) ([]news.FeedItems, error) {
	user := s.viewer(r).User.ID
	switch list.kind {
	case listStarred:
		return s.backend.LabelledFeeds(r.Context(), user, "")
	case listLabel:
		return s.backend.LabelledFeeds(r.Context(), user, list.label)
	case listHistory:
		return s.backend.ReadFeeds(r.Context(), user)
	case listHidden: // is not narrowed down
		return nil, nil
	}
	return s.backend.UnreadFeeds(r.Context(), user)
}

// addTopics fills in the topics that a list can be narrowed to.
func (s *server) addTopics(r *http.Request, list, all readList, view *readView) error {
	topics, _, err := s.visibleTopics(r)
	if err != nil {
		return err
	}
	for _, t := range topics[:min(len(topics), maxReadFeeds)] {
		to := all
		to.topic = t.ID
		view.Topics = append(view.Topics, link{Name: t.Name, URL: to.address(), Current: t.ID == list.topic})
	}
	return nil
}

// waysOf links to the list in the other order, and by story and by article where it can be both.
func waysOf(list readList, l *locale.Locale) (ways []link) {
	add := func(name string, to readList) {
		ways = append(ways, link{Name: name, URL: to.address(), Current: to == list})
	}
	if list.folds() {
		a, b := list, list
		a.byArticle, b.byArticle = false, true
		add(l.Text("By story"), a)
		add(l.Text("By article"), b)
	}
	a, b := list, list
	a.oldest, b.oldest = false, true
	add(l.Text("Newest first"), a)
	add(l.Text("Oldest first"), b)
	return ways
}

func (s *server) addLabels(ctx context.Context, user int64, view *readView) error {
	names, err := s.backend.Labels(ctx, user)
	if err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	for _, name := range names[:min(len(names), maxLabels)] {
		of := linkLabel(name)
		of.Current = of == view.Label
		view.Labels = append(view.Labels, of)
	}
	return nil
}

// readItemsOf shows the articles of a list.
func (s *server) readItemsOf(r *http.Request, list readList, items []news.Item, l *locale.Locale) ([]readItem, error) {
	ids := make([]int64, len(items))
	at := make(map[int64]news.Item, len(items))
	for i, it := range items {
		ids[i] = it.ID
		at[it.ID] = it
	}
	articles, err := s.backend.ArticlesByID(r.Context(), ids)
	if err != nil {
		return nil, fmt.Errorf("articles of a list: %w", err)
	}
	led, err := s.backend.StoriesLedBy(r.Context(), ids)
	if err != nil {
		return nil, fmt.Errorf("stories of a list: %w", err)
	}
	opened := list
	if list.kind == listUnread {
		opened.asOf = s.now()
	}
	in := opened.address()
	all := make([]readItem, len(articles))
	marks := make([]*markView, len(articles))
	for i, a := range articles {
		it := readItem{
			Title: articleTitle(a, l), Lang: a.Lang, Page: inList(articlePath(a.ID), in), Outlet: publish.Name(a.Outlet), Out: outTo(a.URL),
			Time: articleTime(a, l), Place: list.place(at[a.ID]).String(), Marks: markView{ID: a.ID}, Unlabel: list.label,
		}
		it.Dek = s.dekOf(a, it.Title, maxDek)
		if list.kind == listHistory {
			it.Read = timestampOf(at[a.ID].Read, l)
		}
		if st, ok := led[a.ID]; ok {
			if n := len(st.Reports()); n > 1 {
				it.Versions, it.Story = l.Text("%d versions", n), inList(storyPath(st.ID), in)
			}
		}
		all[i] = it
		marks[i] = &all[i].Marks
	}
	return all, s.marks(r, marks...)
}

// labelsOf reads the labels of an article for its page, and all of the viewer's to choose from.
func (s *server) labelsOf(r *http.Request, state news.ItemState) (own []link, others []string, err error) {
	for _, name := range state.Labels {
		own = append(own, linkLabel(name))
	}
	all, err := s.backend.Labels(r.Context(), s.viewer(r).User.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("labels: %w", err)
	}
	for _, name := range all {
		if !slices.Contains(state.Labels, name) && len(others) < 200 {
			others = append(others, name)
		}
	}
	return own, others, nil
}
