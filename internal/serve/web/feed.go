package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
	"headwater/internal/serve/view"
	"headwater/internal/weburl"
)

// shownRuns is how many runs of polls a feed's page shows before it folds the rest.
const shownRuns = 5

type feedPageView struct {
	ID            int64
	Title         string
	Address       string
	Mail          string // the mail address of a newsletter, for who may change feeds
	Letter        bool   // it is a newsletter
	Site          outLink
	Folder        *folderLink
	Health        healthView
	Paused, Ended bool
	Moved         string // where it says that it has moved to
	Added         timestamp
	Articles      int
	Spark         sparkline
	Runs, Older   []runView
	Reading       listView
	Form          feedForm
	Names         []string
	Notice        feedNotice
	May           bool
}

// runView is some polls in a row that ended alike.
type runView struct {
	What        string
	Class       string
	First, Last timestamp
	Once        bool
	Polls       string // "12 polls"
	Articles    string // "3 new articles"
}

// listView is a page of the articles of a feed or a folder, as stories with their copies folded, or one by one.
type listView struct {
	Stories  []card
	Articles []listedArticle
	Views    []link // the two ways
	Next     string // address of the page after this one
	First    string // of the first page, where this is another
	Empty    string
}

type listedArticle struct {
	Title, Lang, Page string
	Outlet            string
	Time              timestamp
	Marks             markView
}

func (s *server) feed(w http.ResponseWriter, r *http.Request) error {
	f, err := s.feedOf(w, r)
	if err != nil || f.ID == 0 {
		return err
	}
	form := feedForm{Title: f.Title, Folder: f.Folder, Site: f.Site, FullText: f.FullText, Pictures: f.Pictures, Lang: f.Lang}
	return s.showFeed(w, r, http.StatusOK, f, form)
}

// feedOf reads the feed of a page's address. Of one that is gone it answers itself, and returns a feed without an id.
func (s *server) feedOf(w http.ResponseWriter, r *http.Request) (news.Feed, error) {
	id, err := pathID(r)
	if err != nil {
		return news.Feed{}, err
	}
	f, err := s.backend.Feed(r.Context(), id)
	switch {
	case errors.Is(err, news.ErrNotFound):
		return news.Feed{}, s.feedIsGone(w, r, id)
	case err != nil:
		return news.Feed{}, fmt.Errorf("feed %d: %w", id, err)
	}
	return f, nil
}

// feedIsGone offers to restore a feed that was removed, where that is still possible.
func (s *server) feedIsGone(w http.ResponseWriter, r *http.Request, id int64) error {
	removed, err := s.backend.RemovedFeeds(r.Context(), maxChosen)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(removed, func(f news.Feed) bool { return f.ID == id }) {
		return notFound("There is no such feed. It may have been removed.")
	}
	return redirect(w, r, withDone("/feeds", "removed", 0, id))
}

func (s *server) showFeed(w http.ResponseWriter, r *http.Request, status int, f news.Feed, form feedForm) error {
	l, ctx := s.locale(r), r.Context()
	v := feedPageView{
		ID: f.ID, Title: feedTitle(f), Address: weburl.Shown(f.URL), Site: outTo(weburl.Shown(f.Site)), Health: healthOf(f, l), Paused: f.Paused, Moved: weburl.Shown(f.Moved.To),
		Ended: f.State == news.FeedGone, Added: timestampOf(f.Added, l), Articles: f.Articles, Form: form, May: s.mayChangeFeeds(r),
	}
	if _, v.Letter = f.Newsletter(); v.Letter {
		if v.Address = ""; v.May {
			v.Mail = f.MailAddress(s.mailDomain)
		}
	}
	if f.Folder != "" {
		v.Folder = &folderLink{publish.Cut(f.Folder, maxFolderName), folderPath(f.Folder)}
	}
	v.Form.fill(l)
	runs, err := s.backend.FeedHistory(ctx, f.ID)
	if err != nil {
		return fmt.Errorf("feed %d: %w", f.ID, err)
	}
	for i, run := range runs {
		if i < shownRuns {
			v.Runs = append(v.Runs, runOf(run, l))
		} else {
			v.Older = append(v.Older, runOf(run, l))
		}
	}
	days, err := s.backend.FeedDays(ctx, []int64{f.ID}, l.Now)
	if err != nil {
		return fmt.Errorf("feed %d: %w", f.ID, err)
	}
	v.Spark = sparklineOf(days[f.ID], l)
	if v.Names, err = s.folderNames(r); err != nil {
		return err
	}
	if v.Notice, err = s.feedNotice(r, l); err != nil {
		return err
	}
	if r.URL.Query().Get("done") == "refreshed" {
		v.Notice = feedNotice{Text: l.Text("It is read now. Open the page again in some seconds.")}
		if f.Due.After(l.Now) {
			v.Notice.Text = l.Text("It was read a moment ago, or its site asked for a pause. It is read again at %s.", l.Clock(f.Due))
		}
	}
	if v.Reading, err = s.listOf(ctx, r, l, f.ID, ""); err != nil {
		return err
	}
	p := page{Title: v.Title, Nav: "feeds", Feeds: feedLinks(v.Title, "/feeds/feed/"+strconv.FormatInt(f.ID, 10), ""), Body: v}
	return s.write(w, r, status, "feed", p)
}

func runOf(run news.PollRun, l *locale.Locale) runView {
	v := runView{
		Class: "good", First: timestampOf(run.First, l), Last: timestampOf(run.Last, l), Once: run.Polls == 1,
		Polls: l.Text("%d polls", run.Polls),
	}
	if run.Articles > 0 {
		v.Articles = l.Text("%d new articles", run.Articles)
	}
	switch t := news.TroubleOf(run.State, run.Cause); {
	case t.What != "":
		v.What, v.Class = l.Text(t.What), "bad"
		if _, err := strconv.Atoi(string(run.Cause)); err == nil {
			v.What = l.Text("%s Status %s", v.What, string(run.Cause))
		}
	case run.Problem != "":
		v.What = fullSentence(l.Known(view.ProblemWithoutSecrets(run.Problem)))
	case run.State == news.FeedOK:
		v.What = l.Text("Read without faults.")
	default:
		v.What = fullSentence(l.Known(string(run.State)))
	}
	return v
}

// listPart is a page of the list of a feed or a folder: stories, or articles one by one.
type listPart struct {
	stories  []news.Story
	articles []news.Article
	next     news.Place // after which the next page begins; zero where there is none
}

// readPart reads what stands after a place in the list of a feed, or of a folder where feed is 0, as a viewer sees it.
func (s *server) readPart(ctx context.Context, viewer, feed int64, folder string, single bool, before news.Place) (p listPart, err error) {
	if single {
		if p.articles, err = s.backend.FeedArticles(ctx, viewer, feed, folder, before, perPage+1); err != nil {
			return p, fmt.Errorf("articles of feeds: %w", err)
		}
		if len(p.articles) > perPage {
			p.articles = p.articles[:perPage]
			last := p.articles[perPage-1]
			p.next = news.Place{Time: last.Time(), ID: last.ID}
		}
		return p, nil
	}
	if p.stories, err = s.backend.Stories(ctx, news.StoryList{Newest: true, Feed: feed, Folder: folder, Before: before, Limit: perPage + 1, Viewer: viewer}); err != nil {
		return p, fmt.Errorf("stories of feeds: %w", err)
	}
	if len(p.stories) > perPage {
		p.stories = p.stories[:perPage]
		last := p.stories[perPage-1]
		p.next = news.Place{Time: last.Changed, ID: last.ID}
	}
	return p, nil
}

// priorFirst says in an address that the page before is the first.
const priorFirst = "first"

// pageAfter is the query of the page after the one of a query. It says which that was, as pages that begin after a place do not tell
// where the page before begins.
func pageAfter(q url.Values, next news.Place) url.Values {
	return withParameter(withParameter(q, "prior", cmp.Or(q.Get("before"), priorFirst)), "before", next.String())
}

// listOf reads a page of the articles of a feed, or of a folder where feed is 0.
func (s *server) listOf(ctx context.Context, r *http.Request, l *locale.Locale, feed int64, folder string) (v listView, err error) {
	q := r.URL.Query()
	before, err := news.ParsePlace(q.Get("before"))
	if err != nil {
		return v, badRequest("This address leads nowhere. Open the list from its begin.")
	}
	for _, name := range doneParameters {
		q.Del(name)
	}
	single := q.Get("by") == byArticle
	first := withParameter(withParameter(q, "before", ""), "prior", "")
	address := func(q url.Values) string { return addressWith(r.URL, q) }
	if before.ID != 0 {
		v.First = address(first)
	}
	v.Views = []link{
		{Name: l.Text("Stories"), URL: address(withParameter(first, "by", "")), Current: !single},
		{Name: l.Text("Articles"), URL: address(withParameter(first, "by", byArticle)), Current: single},
	}
	part, err := s.readPart(ctx, s.viewer(r).User.ID, feed, folder, single, before)
	if err != nil {
		return v, err
	}
	if part.next.ID != 0 {
		v.Next = address(pageAfter(q, part.next))
	}
	marks := make([]*markView, len(part.articles))
	v.Articles = make([]listedArticle, len(part.articles))
	for i, a := range part.articles {
		v.Articles[i] = listedArticle{articleTitle(a, l), a.Lang, articlePath(a.ID), publish.Name(a.Outlet), articleTime(a, l), markView{ID: a.ID}}
		marks[i] = &v.Articles[i].Marks
	}
	if err := s.marks(r, marks...); err != nil {
		return v, err
	}
	if v.Stories, err = s.cards(r, l, part.stories); err != nil {
		return v, err
	}
	switch {
	case len(v.Stories)+len(v.Articles) > 0:
	case before.ID != 0:
		v.Empty = l.Text("There is nothing older.")
	default:
		v.Empty = l.Text("No articles yet. They come with the next polls, and are sorted into stories some seconds later.")
	}
	return v, nil
}

// changeFeed saves the options of a feed.
func (s *server) changeFeed(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	f, err := s.feedOf(w, r)
	if err != nil || f.ID == 0 {
		return err
	}
	form := feedFormOf(r)
	_, err = s.backend.ChangeFeeds(r.Context(), []int64{f.ID}, news.FeedEdit{
		Title: &form.Title, Folder: &form.Folder, Site: &form.Site, FullText: &form.FullText, Pictures: &form.Pictures, Lang: &form.Lang,
	})
	var refused *news.RefusedError
	if errors.As(err, &refused) {
		form.Error = sentence(s.locale(r), refused)
		return s.showFeed(w, r, http.StatusUnprocessableEntity, f, form)
	}
	return orRedirect(w, r, err, withDone(feedPath(f.ID), "saved", 0, 0))
}

// refreshFeed has a feed read as soon as that is polite.
func (s *server) refreshFeed(w http.ResponseWriter, r *http.Request) error {
	return s.onFeed(w, r, "refreshed", func(ctx context.Context, id int64) (int, error) {
		at, err := s.backend.RefreshFeeds(ctx, []int64{id})
		return len(at), err
	})
}

// pauseFeed pauses a feed, and resumeFeed has it read again.
func (s *server) pauseFeed(w http.ResponseWriter, r *http.Request) error {
	return s.onFeed(w, r, "paused", func(ctx context.Context, id int64) (int, error) {
		return s.setPaused(ctx, []int64{id}, true)
	})
}

func (s *server) resumeFeed(w http.ResponseWriter, r *http.Request) error {
	return s.onFeed(w, r, "resumed", func(ctx context.Context, id int64) (int, error) {
		return s.setPaused(ctx, []int64{id}, false)
	})
}

// setPaused pauses feeds, or resumes them and has them read.
func (s *server) setPaused(ctx context.Context, ids []int64, paused bool) (int, error) {
	n, err := s.backend.ChangeFeeds(ctx, ids, news.FeedEdit{Paused: &paused})
	if err == nil && !paused {
		_, err = s.backend.RefreshFeeds(ctx, ids)
	}
	return n, err
}

// onFeed changes a feed and leads back to its page.
func (s *server) onFeed(w http.ResponseWriter, r *http.Request, done string, change func(ctx context.Context, id int64) (int, error)) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	n, err := change(r.Context(), id)
	switch {
	case err != nil:
		return fmt.Errorf("feed %d: %w", id, err)
	case n == 0:
		if _, err := s.backend.Feed(r.Context(), id); err == nil { // a paused feed is not refreshed
			return redirect(w, r, feedPath(id))
		}
		return s.feedIsGone(w, r, id)
	}
	return redirect(w, r, withDone(feedPath(id), done, 1, id))
}

// removeFeed ends a subscription. The page after it offers to undo that.
func (s *server) removeFeed(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	n, err := s.backend.RemoveFeeds(r.Context(), []int64{id})
	switch {
	case err != nil:
		return fmt.Errorf("remove feed %d: %w", id, err)
	case n == 0:
		return s.feedIsGone(w, r, id)
	}
	return redirect(w, r, withDone("/feeds", "removed", 1, id))
}

// picturesOf says how pictures in the articles of a feed are shown: as is set for it, or else as for all.
func (s *server) picturesOf(ctx context.Context, feed int64) (Pictures, error) {
	f, err := s.backend.Feed(ctx, feed)
	if errors.Is(err, news.ErrNotFound) { // its articles stay when a feed is removed
		return s.pictures, nil
	}
	p := s.pictures
	p.Mode = cmp.Or(f.Pictures, p.Mode)
	if p.Mode == PicturesProxy && (len(p.Key) == 0 || p.Fetch == nil) {
		p.Mode = PicturesHide
	}
	return p, err
}

// emitFeed serves the stories that a feed has a part in.
func (s *server) emitFeed(w http.ResponseWriter, r *http.Request) error {
	name, format, err := splitFile(r.PathValue("file"))
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(name, 10, 64)
	if err != nil || id < 1 {
		return notFound("There is a feed of a subscribed feed at /feeds/feed/NUMBER.atom; its page has the number.")
	}
	f, err := s.backend.Feed(r.Context(), id)
	if err != nil {
		return fmt.Errorf("feed of feed %d: %w", id, err)
	}
	return s.emit(w, r, feedRequest{
		format: format, name: "feed/" + name, query: news.EditionQuery{Feed: id},
		channel: publish.Channel{Title: feedTitle(f) + " - " + s.title, Description: "Stories that " + feedTitle(f) + " carries.", Home: feedPath(id)},
	})
}
