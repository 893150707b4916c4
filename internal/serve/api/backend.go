package api

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"time"

	"headwater/internal/news"
	"headwater/internal/search"
)

// Backend is what the API reads and changes. All of it is required.
type Backend struct {
	FrontReader
	StoryReader
	StoryStore
	Comparer
	ArticleStore
	EventStore
	EventReader
	OutletReader
	OutletEditor
	Searcher

	ChangeLog
	ChangeNotifier

	TopicStore
	TopicSearcher
	TopicEditor
	AlertStore
	AlertEditor

	RuleStore
	RuleEditor

	FeedStore
	FeedLister
	FeedEditor
	OPML

	CorrectionStore
	Corrector

	StatusReader

	UserStore
	AccountEditor
	SettingsStore

	SavingStore
	Saver
}

// check says which part is missing.
func (b Backend) check() error {
	v := reflect.ValueOf(b)
	for i := range v.NumField() {
		if v.Field(i).IsNil() {
			return fmt.Errorf("api: Options.Backend.%s is nil", v.Type().Field(i).Name)
		}
	}
	return nil
}

// FrontReader reads front pages.
type FrontReader interface {
	Front(context.Context, news.FrontQuery) (news.Front, error)
}

// StoryReader reads stories as readers see them.
type StoryReader interface {
	Stories(context.Context, news.StoryList) ([]news.Story, error)
	// Story gives the living story: where the id was merged into another, the story has that other's ID.
	Story(context.Context, int64) (news.Story, error)
	// StoryOf gives the story that an article is in, or news.ErrNotFound while it is not settled.
	StoryOf(ctx context.Context, article int64) (news.Story, error)
}

// StoryStore counts stories and finds those of articles.
type StoryStore interface {
	// CountStories counts what Stories gives without Limit and Offset.
	CountStories(context.Context, news.StoryList) (int, error)
	// StoriesOf gives the stories that articles are in, by article.
	StoriesOf(ctx context.Context, articles []int64) (map[int64]int64, error)
}

// Comparer compares the texts of a story.
type Comparer interface {
	// Comparisons says what each member takes from the origin, by article; an original has none.
	Comparisons(context.Context, news.Story) (map[int64]news.Comparison, error)
	// Reports gives the members by outlet, the newest version of each first, with what each version changed.
	Reports(context.Context, news.Story) ([]news.Report, error)
	// Sides puts two members side by side.
	Sides(ctx context.Context, a, b news.Member) (news.SideBySide, error)
}

// ArticleStore reads articles.
type ArticleStore interface {
	Article(context.Context, int64) (news.Article, error)
	Articles(context.Context, news.ArticleList) ([]news.Article, error)
	// Claims gives the credits that articles make, by article.
	Claims(ctx context.Context, articles []int64) (map[int64][]news.Claim, error)
}

// EventStore lists events.
type EventStore interface {
	Events(context.Context, news.EventList) ([]news.Event, error)
}

// EventReader reads events with their stories.
type EventReader interface {
	// FullCoverage gives the event that an id leads to: where its stories went to another event, the event has that other's ID.
	FullCoverage(ctx context.Context, event int64) (news.FullCoverage, error)
}

// OutletReader reads what outlets write and rerun.
type OutletReader interface {
	// Outlets gives news.ErrCursor where the outlet after which to continue is not there.
	Outlets(context.Context, news.OutletList) (news.OutletPage, error)
	// Outlet gives the outlet that a key, which may be a former one, means, or news.ErrNotFound.
	Outlet(ctx context.Context, key string) (news.OutletDetails, error)
	// StoriesBy gives the stories that go back to an outlet, the newest first.
	StoriesBy(ctx context.Context, key string, limit, offset int) ([]news.Story, error)
}

// OutletEditor changes outlets.
type OutletEditor interface {
	// EditOutlet gives a *news.RefusedError for what cannot be.
	EditOutlet(context.Context, news.OutletEdit) (news.OutletDetails, error)
	// RestoreOutlet takes back what people changed, or gives news.ErrNotFound where they changed nothing.
	RestoreOutlet(ctx context.Context, key string) (news.OutletDetails, error)
}

// Searcher finds articles.
type Searcher interface {
	Search(context.Context, search.Request) (search.Found, error)
}

// ChangeLog reads the log of the stories' changes.
type ChangeLog interface {
	// StoryLog gives the entries after a number, in order.
	StoryLog(ctx context.Context, after int64, limit int) ([]news.StoryChange, error)
	// LastChange is the newest number, 0 for an empty log.
	LastChange(context.Context) (int64, error)
}

// ChangeNotifier signals new entries in the log of changes.
type ChangeNotifier interface {
	// NextChange gives a channel that is closed when stories change next.
	NextChange() <-chan struct{}
}

// TopicStore reads and removes topics. User 0 is everybody.
type TopicStore interface {
	Topics(ctx context.Context, user int64) ([]news.Topic, error)
	Topic(ctx context.Context, user int64, name string) (news.Topic, error)
	RemoveTopic(ctx context.Context, user int64, name string) error
	// SharedTopics and SharedTopic give topics of everybody, as a user has seen them.
	SharedTopics(ctx context.Context, viewer int64) ([]news.Topic, error)
	SharedTopic(ctx context.Context, viewer int64, name string) (news.Topic, error)
}

// TopicSearcher finds the stories of a topic.
type TopicSearcher interface {
	// TopicStories gives a part of a topic's stories and how many there are in all.
	TopicStories(ctx context.Context, t news.Topic, limit, offset int) ([]news.Story, int, error)
	// TopicNewest gives the same, with the facets of all of them.
	TopicNewest(ctx context.Context, t news.Topic, limit, offset int) (search.TopicPage, error)
	// TopicPage gives a part of its stories in the order of its page, with what is to be said of all of them.
	TopicPage(ctx context.Context, t news.Topic, limit, offset int) (search.TopicPage, error)
}

// TopicEditor adds and changes topics.
type TopicEditor interface {
	// AddTopic gives the topic as stored.
	AddTopic(context.Context, news.Topic) (news.Topic, error)
	// Followed gives the topic that finds the same as a new one, or has its name, or news.ErrNotFound.
	Followed(context.Context, news.Topic) (news.Topic, error)
	// ChangeTopic changes the topic of that ID. It gives news.ErrNotFound where another has the name.
	ChangeTopic(ctx context.Context, t news.Topic) error
	// SeeTopic marks what matches now as seen by a user.
	SeeTopic(ctx context.Context, t news.Topic, viewer int64) error
}

// SavingStore keeps the services to which users save articles.
type SavingStore interface {
	SaveTargets(ctx context.Context, user int64) ([]news.SaveTarget, error)
}

// Saver saves articles. What is wrong with what is sent is a *news.SaveError.
type Saver interface {
	// SaveArticle gives the saving of before where the article waits or was saved already, unless it is to be saved again.
	SaveArticle(ctx context.Context, user, target int64, a news.Article, again bool) (before *news.Saving, err error)
}

// AlertStore lists and removes the alerts of topics.
type AlertStore interface {
	Alerts(ctx context.Context, topic int64) ([]news.Alert, error)
	RemoveAlert(ctx context.Context, id int64) error
}

// AlertEditor adds, changes and tests alerts.
type AlertEditor interface {
	// AddAlert gives the alert as stored. What is wrong with it is a *news.AlertError.
	AddAlert(context.Context, news.Alert) (news.Alert, error)
	// ChangeAlert changes the alert of that ID; an empty secret stays. Its errors are those of AddAlert, and news.ErrNotFound.
	ChangeAlert(context.Context, news.Alert) (news.Alert, error)
	// TestAlert sends an alert now. What the receiver says against it is a *news.AlertError, and the alert's problem then.
	TestAlert(ctx context.Context, id int64) error
}

// RuleStore reads and changes rules, which are their users' own. All give news.ErrNotFound for a rule that the user does not have.
type RuleStore interface {
	// RuleChanges gives the articles that a rule changed last, the latest first.
	RuleChanges(ctx context.Context, user, id int64, limit int) ([]news.RuleChange, error)
	PauseRule(ctx context.Context, user, id int64, paused bool) error
	RemoveRule(ctx context.Context, user, id int64) error
	// UndoRule takes back what a rule last did with earlier articles, and gives how many these were. It gives news.ErrNotFound also where
	// there is nothing to take back.
	UndoRule(ctx context.Context, user, id int64) (int, error)
}

// RuleEditor reads, adds, changes and tries rules. What is wrong with one is a *news.RuleError.
type RuleEditor interface {
	UserRules(ctx context.Context, user int64) ([]news.UserRule, error)
	UserRule(ctx context.Context, user, id int64) (news.UserRule, error)
	AddRule(context.Context, news.UserRule) (news.UserRule, error)
	ChangeRule(context.Context, news.UserRule) (news.UserRule, error)
	// TryRule gives what a rule matches among the articles of the last week.
	TryRule(context.Context, news.UserRule) (news.RuleTrial, error)
	// ApplyRule lets a rule act on these, and gives how many it changed.
	ApplyRule(ctx context.Context, user, id int64) (int, error)
}

// FeedStore reads feeds and changes their settings.
type FeedStore interface {
	Feeds(context.Context) ([]news.Feed, error)
	Feed(context.Context, int64) (news.Feed, error)
	// RemovedFeeds gives those that can be restored, the last removed first.
	RemovedFeeds(ctx context.Context, limit int) ([]news.Feed, error)
	// FeedHistory gives a feed's last polls, the newest first.
	FeedHistory(ctx context.Context, feed int64) ([]news.PollRun, error)
}

// FeedLister finds, sorts and counts feeds.
type FeedLister interface {
	FeedPage(ctx context.Context, q news.FeedQuery) (news.FeedPage, error)
}

// FeedEditor subscribes to feeds and ends subscriptions.
type FeedEditor interface {
	// FindFeeds looks for the feeds behind an address and adds nothing.
	FindFeeds(ctx context.Context, address string) (news.Finding, error)
	// AddFeed gives the feed as stored. With news.ErrExists it gives the feed that was there before.
	AddFeed(context.Context, news.Feed) (news.Feed, error)
	// AddNewsletter makes a mail address for a newsletter. Its results are those of AddFeed.
	AddNewsletter(context.Context, news.Feed) (news.Feed, error)
	// ChangeFeed gives news.ErrNotFound for an unknown feed, and a *news.RefusedError for what cannot be.
	ChangeFeed(ctx context.Context, id int64, e news.FeedEdit) error
	RemoveFeed(context.Context, int64) error
	// MoveFolder renames a folder, or makes it part of another, and gives how many feeds are in it.
	MoveFolder(ctx context.Context, from, to string) (int, error)
	// RemoveFolder leaves its feeds without one, or gives news.ErrNotFound. RestoreFolder undoes it, or gives news.ErrNotFound.
	RemoveFolder(ctx context.Context, name string) (news.FolderRemoval, error)
	RestoreFolder(ctx context.Context, undo int64) (int, error)
	// RestoreFeeds gives the feeds whose removal it could undo.
	RestoreFeeds(ctx context.Context, ids []int64) ([]int64, error)
	// RefreshFeeds has feeds polled as soon as it is polite, and gives when that is. Paused and unknown ones are left out.
	RefreshFeeds(ctx context.Context, ids []int64) (map[int64]time.Time, error)
}

// OPML writes and reads lists of feeds and topics.
type OPML interface {
	// WriteOPML writes addresses of feeds with the secrets in them where secrets says so.
	WriteOPML(ctx context.Context, w io.Writer, title string, secrets bool) error
	// ReadOPML adds the topics of a list, which are everybody's, where topics says so. It gives a *news.RefusedError for what is no such list.
	ReadOPML(ctx context.Context, r io.Reader, topics bool) (news.Imported, error)
}

// CorrectionStore lists corrections.
type CorrectionStore interface {
	// Corrections gives all, in the order in which they were made.
	Corrections(context.Context) ([]news.Correction, error)
}

// Corrector takes people's word on which articles are one story. It gives a *news.RefusedError for what it cannot do.
type Corrector interface {
	Merge(ctx context.Context, stories []int64) (news.Corrected, error)
	Split(ctx context.Context, story int64, articles []int64) (news.Corrected, error)
	// SetOrigin says that a story goes back to one of its articles, or where that is 0 to an outlet.
	SetOrigin(ctx context.Context, story, article int64, outlet string) (news.Corrected, error)
	Forget(ctx context.Context, id int64) (news.Corrected, error)
}

// StatusReader counts what is stored and still to do.
type StatusReader interface {
	// Status asks store and index, and fails where one of them does not answer.
	Status(context.Context) (news.Status, error)
}

// UserStore keeps who has an account.
type UserStore interface {
	// UserPage gives users by name, those with names after one.
	UserPage(ctx context.Context, after string, limit int) ([]news.User, error)
	CountUsers(ctx context.Context) (int, error)
	// UserByID gives news.ErrNotFound for an unknown user.
	UserByID(ctx context.Context, id int64) (news.User, error)
	// User gives a user with the hash of the password, or news.ErrNotFound.
	User(ctx context.Context, name string) (news.User, string, error)
	// SetRole and RemoveUser give news.ErrLastAdmin where no admin would remain.
	SetRole(ctx context.Context, name string, role news.UserRole) error
	RemoveUser(ctx context.Context, name string) error
	// EndSessions ends all logins of a user but the session except, also those of feed readers.
	EndSessions(ctx context.Context, u news.User, except int64) error
}

// AccountEditor does what needs a password in clear text. It gives a *news.PasswordError for one that cannot be.
type AccountEditor interface {
	// AddUserAs gives news.ErrExists for a name that is taken.
	AddUserAs(ctx context.Context, name, password string, role news.UserRole) error
	// SetPassword ends all logins of the user.
	SetPassword(ctx context.Context, name, password string) error
}

// SettingsStore keeps what users chose of how pages look and work.
type SettingsStore interface {
	// UserSettings gives the defaults where the user has changed none.
	UserSettings(ctx context.Context, user int64) (news.Settings, error)
	SetUserSettings(ctx context.Context, user int64, s news.Settings) error
}
