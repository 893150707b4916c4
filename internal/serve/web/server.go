package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/search"
	"headwater/internal/serve/access"
	"headwater/internal/serve/ingress"
	"headwater/internal/serve/publish"
)

const (
	maxNavTopics  = 6        // topics that the navigation names, beside the one that is shown; the page of topics has all
	maxQuery      = 2000     // characters of a search
	maxForm       = 64 << 10 // bytes of a POST
	retryDatabase = "5"      // seconds until a client may retry while the database is away
	retryBuilding = "30"     // seconds until a client may retry what needs the whole index while that is being built
)

type server struct {
	oidc         *access.OIDC // nil has no logins at a provider
	backend      Backend
	guard        *access.Guard
	title        string
	site         publish.Site
	hub          string
	build        string
	checkQuery   func(string) error
	checkOwn     func(string) error // for the search of a user
	checkOptions func(news.Topic) error
	now          func() time.Time
	choice       locale.Choice // of the instance
	log          *slog.Logger
	files        assets
	pages        pages
	starters     []starterList // of package feeds
	pictures     Pictures
	players      Players
	mailDomain   string // of the addresses of newsletters
	noMail       bool   // no mail arrives
}

// handler answers a request, or says why it cannot before anything is written.
type handler func(w http.ResponseWriter, r *http.Request) error

// route is the handler of a route with who may use it.
type route struct {
	need    access.Need
	handler handler
}

// viewer is who sends a request, with what they chose in the settings.
type viewer struct {
	access.Viewer
	Settings news.Settings
}

// asked is what is read once for a request. One goroutine answers it.
type asked struct {
	settings news.Settings // of the viewer
	topics   *topicLists   // nil until they are asked for
}

type askedKey struct{}

func (s *server) viewer(r *http.Request) viewer {
	v := viewer{Viewer: access.ViewerOf(r.Context())}
	if a, ok := r.Context().Value(askedKey{}).(*asked); ok {
		v.Settings = a.settings
	}
	return v
}

// withSettings reads the settings of the viewer of a request into its context.
func (s *server) withSettings(r *http.Request) (*http.Request, error) {
	a := &asked{}
	if u := s.viewer(r).User; u.ID != 0 {
		var err error
		if a.settings, err = s.backend.UserSettings(r.Context(), u.ID); err != nil {
			return r, fmt.Errorf("settings of %s: %w", u.Name, err)
		}
	}
	return r.WithContext(context.WithValue(r.Context(), askedKey{}, a)), nil
}

// handle answers with an error page where h fails. Errors that the reader did not cause are logged, and shown without details.
func (s *server) handle(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, err := s.withSettings(r)
		if err == nil {
			err = h(w, r)
		}
		var p problem
		var building *search.BuildingError
		switch {
		case err == nil || errors.Is(err, context.Canceled) && r.Context().Err() != nil:
			return
		case errors.As(err, &p):
		case errors.Is(err, news.ErrNotFound):
			p = notFound("It may have been removed, or the address is mistyped.")
		case errors.As(err, &building):
			w.Header().Set("Retry-After", retryBuilding)
			p = problem{Status: http.StatusServiceUnavailable, Heading: "Not yet", Message: fullSentence(building.Error())}
		case errors.Is(err, news.ErrUnavailable):
			w.Header().Set("Retry-After", retryDatabase)
			p = problem{Status: http.StatusServiceUnavailable, Heading: "Not now", Message: "The database cannot be reached. Nothing is lost: the server waits for it and goes on when it is back."}
		default:
			s.log.Error("page failed", "path", r.URL.Path, "error", err)
			p = problem{
				Status: http.StatusInternalServerError, Heading: "Something went wrong",
				Message: "This page could not be made. The log of the server says why; trying again may help.",
			}
		}
		s.fail(w, r, p)
	})
}

// locale is how the reader of a page is written to.
func (s *server) locale(r *http.Request) *locale.Locale {
	chosen := s.viewer(r).Settings
	reader := locale.Choice{Language: chosen.Language, Zone: chosen.TimeZone, Clock: chosen.Clock}
	if c, err := r.Cookie(cookieZone); err == nil && reader.Zone == "" {
		reader.Zone = c.Value
	}
	return locale.For(reader, s.choice, r.Header.Get("Accept-Language"), s.now())
}

// cookieZone has the browser's time zone. static/app.js sets it, so that pages are made in that zone from then on.
const cookieZone = "headwater_zone"

// problem is an error that the reader caused and may read.
type problem struct {
	Status  int
	Heading string // in English, a key of the catalogues
	Message string // likewise, with the verbs of Args; or a text that another package made
	Args    []any
	Back    string // address of the page to go back to; empty is the front page
}

func (p problem) Error() string { return locale.Languages()[0].Text(p.Message, p.Args...) }

func notFound(message string, args ...any) problem {
	return problem{Status: http.StatusNotFound, Heading: "Not found", Message: message, Args: args}
}

func badRequest(message string, args ...any) problem {
	return problem{Status: http.StatusBadRequest, Heading: "That does not work", Message: message, Args: args}
}

// sentence is an error of another package as a sentence in the reader's language, as far as its words are known.
func sentence(l *locale.Locale, err error) string { return fullSentence(l.Known(err.Error())) }

// fail shows a problem. Where the server itself is at fault, the page needs nothing of the backend, which may have failed.
func (s *server) fail(w http.ResponseWriter, r *http.Request, p problem) {
	l := s.locale(r)
	shown := p
	shown.Heading = l.Text(p.Heading)
	if len(p.Args) > 0 {
		shown.Message = l.Text(p.Message, p.Args...)
	} else { // it may be of another package, and quote what somebody typed
		text, known := l.Lookup(p.Message)
		if !known {
			text = l.Known(strings.TrimSuffix(p.Message, "."))
		}
		shown.Message = fullSentence(text)
	}
	view := page{Site: s.title, Title: shown.Heading, Settings: s.viewer(r).Settings, Body: shown}
	if p.Status < http.StatusInternalServerError {
		filled, err := s.shared(r, view)
		if err == nil {
			view = filled
		} else {
			s.log.Error("error page without what pages share", "path", r.URL.Path, "error", err)
		}
	}
	if err := s.pages.write(w, l, p.Status, "error", view); err != nil {
		s.log.Error("error page failed", "error", err)
		http.Error(w, shown.Message, p.Status)
	}
}

// refuse answers posts that come from another site's page.
func (s *server) refuse(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, problem{Status: http.StatusForbidden, Heading: "Refused", Message: "This form was sent from another site. Open the page here and send it again."})
}

// shared fills in what all pages share.
func (s *server) shared(r *http.Request, p page) (page, error) {
	v := s.viewer(r)
	p.Site, p.Bare, p.LoggedIn = s.title, !v.Known(), v.Session != 0
	if v.Known() {
		topics, _, err := s.visibleTopics(r)
		if err != nil {
			return page{}, err
		}
		for _, t := range topics {
			if to := linkTopic(t); len(p.Topics) < maxNavTopics || to.URL == p.Nav {
				p.Topics = append(p.Topics, to)
			}
		}
	}
	p.May = may{Read: v.May(access.Reader), Feeds: v.May(access.Feeds), Edit: v.May(access.Editor), Admin: v.May(access.Admin)}
	p.Settings, p.Here = v.Settings, here(r)
	var err error
	if p.Unread, err = s.unread(r); err != nil {
		return page{}, err
	}
	if v.Known() && p.Done.Said == "" {
		if p.Done, err = s.sayDone(r); err != nil {
			return page{}, fmt.Errorf("what was marked: %w", err)
		}
	}
	return p, nil
}

// write sends a page with what all pages share filled in.
func (s *server) write(w http.ResponseWriter, r *http.Request, status int, name string, p page) error {
	p, err := s.shared(r, p)
	if err != nil {
		return err
	}
	v := s.viewer(r)
	l := s.locale(r)
	key, err := s.viewerKey(v.User.ID, v.Settings, l.Tag)
	if err != nil {
		return err
	}
	w.Header().Set(headerViewer, key)
	if p.keep {
		w.Header().Set(headerOffline, "keep")
	}
	return s.pages.write(w, l, status, name, p)
}

// validate says what is wrong with a query, in words for the reader. The empty query is sound and finds nothing.
func (s *server) validate(query string) error {
	if query == "" {
		return nil
	}
	if n := utf8.RuneCountInString(query); n > maxQuery {
		return fmt.Errorf("the search has %d characters; at most %d are read", n, maxQuery)
	}
	return s.checkQuery(query)
}

// validateOwn is validate for the search of who looks at a page.
func (s *server) validateOwn(r *http.Request, query string) error {
	if s.viewer(r).Known() && query != "" && utf8.RuneCountInString(query) <= maxQuery {
		return s.checkOwn(query)
	}
	return s.validate(query)
}

func queryOf(r *http.Request) string {
	return strings.TrimSpace(strings.ToValidUTF8(r.URL.Query().Get("q"), ""))
}

// readForm reads the form of a POST.
func readForm(r *http.Request) error {
	err := r.ParseForm()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return problem{Status: http.StatusRequestTimeout, Heading: "That does not work", Message: "The form did not arrive in time. Send it again."}
	case err != nil:
		return badRequest("The form could not be read: %s", err.Error())
	}
	return nil
}

// pathID reads the number in a path such as /story/{id}.
func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, notFound("There is no page at this address.")
	}
	return id, nil
}

// policy lets the pages load our own files and nothing else, from anywhere.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; " +
	"worker-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'"

// directPolicy is that of an article whose pictures are to come from where they are.
var directPolicy = strings.Replace(policy, "img-src 'self' data:", "img-src 'self' data: http: https:", 1)

// secure sets the headers that every answer carries and lets only our own pages post. The referrer policy is
// same-origin and not no-referrer: with the latter browsers send "Origin: null" with our own forms.
func secure(publicURL string, next, refused http.Handler) http.Handler {
	guarded := ingress.SameOrigin(publicURL, refused, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		most := int64(maxForm)
		if r.URL.Path == opmlAction {
			most = maxList
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		guarded.ServeHTTP(w, r)
	})
}

// Backend is what the pages read and change. All of it is required.
type Backend struct {
	FrontReader
	StoryReader
	Comparer
	Corrector
	CorrectionStore
	ArticleStore
	EventStore
	EventReader
	Searcher
	EditionReader

	TopicStore
	TopicSearcher
	TopicEditor
	AlertStore
	AlertEditor

	RuleStore
	RuleEditor

	OutletReader
	OutletEditor

	FeedStore
	FeedLister
	FeedEditor
	ListKeeper
	StatusReader

	SettingsStore

	AccountStore
	AccountEditor
	UserStore

	ItemStore
	LeadReader
	MarkStore
	LabelStore

	SavingStore
	Saver
}

// FrontReader reads front pages.
type FrontReader interface {
	Front(ctx context.Context, q news.FrontQuery) (news.Front, error)
	Dek(a news.Article) string // what an article's summary says besides its headline; "" for nothing
}

// StoryReader reads stories as readers see them.
type StoryReader interface {
	Stories(ctx context.Context, list news.StoryList) ([]news.Story, error)
	// Story gives the living story: where id was merged into another, the story has that other's ID.
	Story(ctx context.Context, id int64) (news.Story, error)
	// StoryOf gives the story that an article belongs to, or news.ErrNotFound while it is unsettled.
	StoryOf(ctx context.Context, article int64) (news.Story, error)
}

// Comparer compares the texts of a story.
type Comparer interface {
	// Comparisons says what each member takes from the origin, by article id; an original has none.
	Comparisons(ctx context.Context, st news.Story) (map[int64]news.Comparison, error)
	// Sides puts two members side by side.
	Sides(ctx context.Context, a, b news.Member) (news.SideBySide, error)
	// Reports gives the members by outlet, the newest version of each first, with what each version changed.
	Reports(ctx context.Context, st news.Story) ([]news.Report, error)
}

// Corrector takes people's word on stories. It gives a *news.RefusedError for what it cannot do.
type Corrector interface {
	// Split takes articles out of a story.
	Split(ctx context.Context, story int64, articles []int64) (news.Corrected, error)
	Merge(ctx context.Context, stories []int64) (news.Corrected, error)
	// SetOrigin says that a story goes back to one of its articles, or where that is 0 to an outlet.
	SetOrigin(ctx context.Context, story, article int64, outlet string) (news.Corrected, error)
	Forget(ctx context.Context, id int64) (news.Corrected, error)
}

// CorrectionStore lists corrections.
type CorrectionStore interface {
	// Corrections gives all, in the order in which they were made.
	Corrections(context.Context) ([]news.Correction, error)
	// StoriesOf gives the stories of articles.
	StoriesOf(ctx context.Context, articles []int64) (map[int64]int64, error)
}

// ArticleStore reads articles.
type ArticleStore interface {
	// Article gives a whole article, or news.ErrNotFound.
	Article(ctx context.Context, id int64) (news.Article, error)
	// FurnitureBlocks gives the hashes of the blocks that a feed repeats, for clean.Readable.
	FurnitureBlocks(ctx context.Context, feed int64) ([]uint64, error)
}

// EventStore reads the stories of events.
type EventStore interface {
	// Coverage gives the first stories of some events, each of them at most, by event.
	Coverage(ctx context.Context, events []int64, each int) (map[int64]news.Coverage, error)
}

// EventReader reads events with their stories.
type EventReader interface {
	// FullCoverage gives the event that an id leads to: where its stories went to another event, the event has that other's ID.
	FullCoverage(ctx context.Context, event int64) (news.FullCoverage, error)
	// Affair gives the other events of the affair that an event belongs to; latest is the time of its newest article.
	Affair(ctx context.Context, event int64, latest time.Time) ([]news.Event, error)
}

// Searcher finds articles. Queries are in the query language of package search.
type Searcher interface {
	Search(ctx context.Context, q search.Request) (search.Found, error)
	// Complete gives ways to go on with a query that somebody types.
	Complete(ctx context.Context, query string, topics []news.Topic) ([]search.Completion, error)
}

// EditionReader reads combined feeds.
type EditionReader interface {
	// ListEdition says which stories a part of a combined feed holds.
	ListEdition(context.Context, news.EditionQuery) (news.EditionList, error)
	// ReadEdition reads the stories of such a list.
	ReadEdition(context.Context, news.EditionList) (news.Edition, error)
}

// TopicStore reads and removes topics, and keeps the secrets of their feeds. User 0 is everybody.
type TopicStore interface {
	Topics(ctx context.Context, user int64) ([]news.Topic, error)
	Topic(ctx context.Context, user int64, name string) (news.Topic, error)
	// TopicBySecret gives the topic whose feed a secret gives access to, or news.ErrNotFound.
	TopicBySecret(ctx context.Context, secret string) (news.Topic, error)
	// SharedTopics and SharedTopic give topics of everybody, as a user has seen them.
	SharedTopics(ctx context.Context, viewer int64) ([]news.Topic, error)
	SharedTopic(ctx context.Context, viewer int64, name string) (news.Topic, error)
	// SetTopicSecret replaces the secret of a topic's feed; "" takes it away.
	SetTopicSecret(ctx context.Context, id int64, secret string) error
	RemoveTopic(ctx context.Context, user int64, name string) error
}

// TopicSearcher finds the stories of topics.
type TopicSearcher interface {
	// TopicPage gives a part of a topic's stories, with what is to be said of all of them.
	TopicPage(ctx context.Context, t news.Topic, limit, offset int) (search.TopicPage, error)
}

// TopicEditor adds and changes topics.
type TopicEditor interface {
	// AddTopic gives the topic as stored.
	AddTopic(ctx context.Context, t news.Topic) (news.Topic, error)
	// Followed gives the topic that finds the same as a new one, or has its name, or news.ErrNotFound.
	Followed(ctx context.Context, t news.Topic) (news.Topic, error)
	// ChangeTopic changes the topic of that ID. It gives news.ErrNotFound where another has the name.
	ChangeTopic(ctx context.Context, t news.Topic) error
	// SeeTopic marks what matches now as seen by a user.
	SeeTopic(ctx context.Context, t news.Topic, viewer int64) error
}

// AlertStore lists and removes the alerts of topics.
type AlertStore interface {
	Alerts(ctx context.Context, topic int64) ([]news.Alert, error)
	RemoveAlert(ctx context.Context, id int64) error
}

// AlertEditor adds, changes and tests alerts.
type AlertEditor interface {
	// AddAlert gives the alert as stored. What is wrong with it is a *news.AlertError.
	AddAlert(ctx context.Context, a news.Alert) (news.Alert, error)
	// ChangeAlert changes the alert of that ID; an empty secret stays. Its errors are those of AddAlert, and news.ErrNotFound.
	ChangeAlert(ctx context.Context, a news.Alert) (news.Alert, error)
	// TestAlert sends an alert now. What the receiver says against it is a *news.AlertError, and the alert's problem then.
	TestAlert(ctx context.Context, id int64) error
}

// OutletReader reads what outlets write and rerun.
type OutletReader interface {
	Outlets(ctx context.Context, l news.OutletList) (news.OutletPage, error)
	// Outlet gives the outlet that a key, which may be a former one, means, or news.ErrNotFound.
	Outlet(ctx context.Context, key string) (news.OutletDetails, error)
	// StoriesBy gives the stories that go back to an outlet, the newest first.
	StoriesBy(ctx context.Context, key string, limit, offset int) ([]news.Story, error)
}

// OutletEditor changes outlets.
type OutletEditor interface {
	// EditOutlet gives a *news.RefusedError for what cannot be.
	EditOutlet(ctx context.Context, e news.OutletEdit) (news.OutletDetails, error)
	// RestoreOutlet takes back what people changed, or gives news.ErrNotFound where they changed nothing.
	RestoreOutlet(ctx context.Context, key string) (news.OutletDetails, error)
}

// FeedStore reads feeds, what they did and what they brought.
type FeedStore interface {
	Feeds(ctx context.Context) ([]news.Feed, error)
	// Feed gives news.ErrNotFound for a feed that is not subscribed.
	Feed(ctx context.Context, id int64) (news.Feed, error)
	// RemovedFeeds gives those that can be restored, the last removed first.
	RemovedFeeds(ctx context.Context, limit int) ([]news.Feed, error)
	// FeedHistory gives a feed's last polls, the newest first.
	FeedHistory(ctx context.Context, feed int64) ([]news.PollRun, error)
	// FeedDays counts the articles of the last news.FeedDays, by feed.
	FeedDays(ctx context.Context, feeds []int64, now time.Time) (map[int64][]news.DayCount, error)
	// FeedArticles gives articles of a feed, or of a folder where feed is 0, the newest first, without their texts. What is hidden from
	// the viewer is left out.
	FeedArticles(ctx context.Context, viewer, feed int64, folder string, before news.Place, limit int) ([]news.Article, error)
}

// FeedLister finds, sorts and counts feeds.
type FeedLister interface {
	FeedPage(ctx context.Context, q news.FeedQuery) (news.FeedPage, error)
}

// FeedEditor subscribes to feeds, changes them and ends subscriptions. Values that cannot be are a *news.RefusedError. Feeds that are
// not there are left out; where a method gives a number, it is that of the feeds that are.
type FeedEditor interface {
	// FindFeeds looks for the feeds behind an address and adds nothing.
	FindFeeds(ctx context.Context, address string) (news.Finding, error)
	// AddFeed gives the feed as stored. With news.ErrExists it gives the feed that was there before.
	AddFeed(ctx context.Context, f news.Feed) (news.Feed, error)
	// AddNewsletter makes a mail address for a newsletter. Its results are those of AddFeed.
	AddNewsletter(ctx context.Context, f news.Feed) (news.Feed, error)
	// AddFeeds gives those that were not there before.
	AddFeeds(ctx context.Context, feeds []news.Feed) ([]news.Feed, error)
	ChangeFeeds(ctx context.Context, ids []int64, e news.FeedEdit) (int, error)
	RemoveFeeds(ctx context.Context, ids []int64) (int, error)
	// RestoreFeeds gives the feeds whose removal it could undo.
	RestoreFeeds(ctx context.Context, ids []int64) ([]int64, error)
	// RefreshFeeds has feeds polled as soon as it is polite, and gives when that is.
	RefreshFeeds(ctx context.Context, ids []int64) (map[int64]time.Time, error)
	// MoveFolder renames a folder, or makes it part of another.
	MoveFolder(ctx context.Context, from, to string) (int, error)
	// RemoveFolder leaves its feeds without one, or gives news.ErrNotFound. RestoreFolder undoes it, or gives news.ErrNotFound.
	RemoveFolder(ctx context.Context, name string) (news.FolderRemoval, error)
	RestoreFolder(ctx context.Context, undo int64) (int, error)
}

// ListKeeper writes and reads lists of feeds and topics.
type ListKeeper interface {
	// WriteOPML writes addresses of feeds with the secrets in them where secrets says so.
	WriteOPML(ctx context.Context, w io.Writer, title string, secrets bool) error
	// ReadOPML adds the topics of a list, which are everybody's, where topics says so. It gives a *news.RefusedError for what is no such list.
	ReadOPML(ctx context.Context, r io.Reader, topics bool) (news.Imported, error)
}

// StatusReader counts what is stored and what is still to do.
type StatusReader interface {
	Status(ctx context.Context) (news.Status, error)
}
