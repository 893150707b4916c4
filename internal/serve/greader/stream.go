package greader

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"headwater/internal/news"
)

// The names of streams.
const (
	statePrefix = "user/-/state/com.google/"
	labelPrefix = "user/-/label/"
	feedPrefix  = "feed/"

	stateAll       = "reading-list"
	stateRead      = "read"
	stateStarred   = "starred"
	stateUnread    = "kept-unread"
	stateTracked   = "tracking-kept-unread"
	stateBroadcast = "broadcast"
	stateLike      = "like"

	// allOnce is the label of all stories, each represented by its lead.
	allOnce = "Everything, once"
)

func feedID(id int64) string { return feedPrefix + strconv.FormatInt(id, 10) }

// userStream parts the id of a user's stream into its kind, "state" or "label", and its name.
func (c *call) userStream(id string) (kind, name string, ok bool) {
	rest, ok := strings.CutPrefix(id, "user/")
	if !ok {
		return "", "", false
	}
	for _, who := range []string{"-", strconv.FormatInt(c.user.ID, 10), c.user.Name} {
		if name, ok := strings.CutPrefix(rest, who+"/state/com.google/"); ok {
			return "state", name, true
		}
		if name, ok := strings.CutPrefix(rest, who+"/label/"); ok {
			return "label", name, true
		}
	}
	return "", "", false
}

// pathStream is the stream at the end of the path, or else in the parameter s.
func (c *call) pathStream() (string, error) {
	if c.path == "" {
		return cmp.Or(c.r.FormValue("s"), statePrefix+stateAll), nil
	}
	id, err := url.PathUnescape(c.path)
	if err != nil {
		return "", bad("the stream %q cannot be read: %v", c.path, err)
	}
	return id, nil
}

// addStream adds a stream to those that articles must be in, or with exclude must not be in.
func (c *call) addStream(l *news.ItemList, id string, exclude bool) error {
	s, not, err := c.stream(id)
	if err != nil {
		return err
	}
	if not != exclude {
		l.Out = append(l.Out, s)
		return nil
	}
	if l.In = append(l.In, s); s.Kind == news.StreamOnce { // of the subscribed feeds
		l.In = append(l.In, news.Stream{Kind: news.StreamAll})
	}
	return nil
}

// stream reads the id of a stream. With not, it is the articles that are not in the stream given.
func (c *call) stream(id string) (s news.Stream, not bool, err error) {
	if rest, ok := strings.CutPrefix(id, feedPrefix); ok {
		f, err := c.feed(rest)
		return news.Stream{Kind: news.StreamFeed, Feed: f.ID}, false, err
	}
	kind, name, ok := c.userStream(id)
	if !ok {
		return s, false, bad("%q is no stream; there are feed/NUMBER, %sNAME and %sread and the like", id, labelPrefix, statePrefix)
	}
	if kind == "label" {
		l, err := c.labels()
		if err != nil {
			return s, false, err
		}
		if name == l.once {
			return news.Stream{Kind: news.StreamOnce}, false, nil
		}
		if t, ok := l.topic(name); ok {
			ids, err := c.backend.TopicStoryIDs(c.ctx(), t.Topic)
			return news.Stream{Kind: news.StreamStories, IDs: ids}, false, err
		}
		return news.Stream{Kind: news.StreamLabel, Label: name}, false, nil
	}
	switch name {
	case stateAll:
		return news.Stream{Kind: news.StreamAll}, false, nil
	case stateRead:
		return news.Stream{Kind: news.StreamRead}, false, nil
	case stateUnread, stateTracked, "unread", "fresh":
		return news.Stream{Kind: news.StreamRead}, true, nil
	case stateStarred:
		return news.Stream{Kind: news.StreamStarred}, false, nil
	case stateBroadcast, "broadcast-friends", stateLike, "created":
		return news.Stream{Kind: news.StreamNone}, false, nil
	}
	return s, false, bad("%q is no stream that is kept here", id)
}

// feed finds a feed by number or address. An address that lost one of its slashes to a proxy is mended.
func (c *call) feed(rest string) (news.Feed, error) {
	id, err := strconv.ParseInt(rest, 10, 64)
	if err != nil || id <= 0 {
		id = 0
	}
	f, err := c.backend.FindFeed(c.ctx(), id, rest)
	if scheme, host, ok := strings.Cut(rest, ":/"); errors.Is(err, news.ErrNotFound) && ok && !strings.HasPrefix(host, "/") {
		f, err = c.backend.FindFeed(c.ctx(), 0, scheme+"://"+host)
	}
	if errors.Is(err, news.ErrNotFound) {
		return f, problem(http.StatusNotFound, "%s is not among the feeds", rest)
	}
	return f, err
}

// labels are those of folders, topics and all stories, each with a name of its own. Folders keep their
// names; others get a suffix where the name is taken.
type labels struct {
	feeds   []news.Feed
	folders []string // in the order of the feeds
	once    string   // the label of all stories
	topics  []topicLabel
	taken   map[string]bool
}

type topicLabel struct {
	news.Topic
	label string
}

func (c *call) labels() (*labels, error) {
	feeds, err := c.feeds()
	if err != nil {
		return nil, err
	}
	own, err := c.backend.Topics(c.ctx(), c.user.ID)
	if err != nil {
		return nil, err
	}
	shared, err := c.backend.Topics(c.ctx(), 0)
	if err != nil {
		return nil, err
	}
	l := &labels{feeds: feeds, taken: map[string]bool{}}
	for _, f := range feeds {
		if f.Folder != "" && !l.taken[f.Folder] {
			l.taken[f.Folder] = true
			l.folders = append(l.folders, f.Folder)
		}
	}
	unique := func(name, suffix string) string {
		for l.taken[name] {
			name += suffix
		}
		l.taken[name] = true
		return name
	}
	l.once = unique(allOnce, " (stories)")
	for _, t := range slices.Concat(own, shared) {
		l.topics = append(l.topics, topicLabel{t, unique(t.Name, " (topic)")})
	}
	return l, nil
}

func (l *labels) topic(label string) (topicLabel, bool) {
	for _, t := range l.topics {
		if t.label == label {
			return t, true
		}
	}
	return topicLabel{}, false
}

// assignable refuses labels that are filled by a search, which take no feeds and articles.
func (l *labels) assignable(label string) error {
	if _, ok := l.topic(label); ok || label == l.once {
		return bad("%q fills itself; choose another label", label)
	}
	return nil
}

// label gives the name of a label that a request changes.
func (c *call) label(id string) (string, error) {
	kind, name, ok := c.userStream(id)
	if !ok || kind != "label" {
		return "", bad("%q is no label; labels are written %sNAME", id, labelPrefix)
	}
	if err := news.CheckName(name); err != nil {
		return "", bad("label: %v", err)
	}
	return name, nil
}
