package greader

import (
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

	// once is the label of all stories, each by the one article that stands for it.
	once = "Everything, once"
)

func feedID(id int64) string { return feedPrefix + strconv.FormatInt(id, 10) }

// split parts the id of a stream that is a user's into what it is, "state" or "label", and which.
func (c *call) split(id string) (kind, name string, ok bool) {
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

// label gives the name of a label that a request wants changed.
func (c *call) label(id string) (string, error) {
	kind, name, ok := c.split(id)
	if !ok || kind != "label" {
		return "", bad("%q is no label; labels are written %sNAME", id, labelPrefix)
	}
	if err := news.CheckName(name); err != nil {
		return "", bad("label: %v", err)
	}
	return name, nil
}

// selection gathers streams that articles must be in, or must not be in.
type selection struct {
	in, out []news.Stream
}

// add puts a stream to the selection; without is for streams that articles must not be in.
func (c *call) add(sel *selection, id string, without bool) error {
	s, not, err := c.stream(id)
	if err != nil {
		return err
	}
	if not != without {
		sel.out = append(sel.out, s)
	} else {
		sel.in = append(sel.in, s)
	}
	return nil
}

// stream reads the id of a stream. With not, it is the articles that are not in the stream given.
func (c *call) stream(id string) (s news.Stream, not bool, err error) {
	if rest, ok := strings.CutPrefix(id, feedPrefix); ok {
		f, err := c.feed(rest)
		return news.Stream{Kind: news.StreamFeed, Feed: f.ID}, false, err
	}
	kind, name, ok := c.split(id)
	switch {
	case !ok:
		return s, false, bad("%q is no stream; there are feed/NUMBER, %sNAME and %sread and the like", id, labelPrefix, statePrefix)
	case kind == "label":
		s, err = c.labelStream(name)
		return s, false, err
	}
	return stateStream(id, name)
}

func stateStream(id, name string) (s news.Stream, not bool, err error) {
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

func (c *call) labelStream(name string) (news.Stream, error) {
	shelf, err := c.shelf()
	if err != nil {
		return news.Stream{}, err
	}
	return c.onShelf(shelf, name)
}

// onShelf gives the stream of a label.
func (c *call) onShelf(shelf *shelf, name string) (news.Stream, error) {
	if name == shelf.once {
		return news.Stream{Kind: news.StreamOnce}, nil
	}
	if t, ok := shelf.topic(name); ok {
		ids, err := c.backend.TopicStoryIDs(c.ctx(), t.Topic)
		return news.Stream{Kind: news.StreamStories, IDs: ids}, err
	}
	return news.Stream{Kind: news.StreamLabel, Label: name}, nil
}

// shelf is what stands among the labels. A folder has its name to itself; what else would be called so is called more.
type shelf struct {
	feeds   []news.Feed
	folders []string // in the order of the feeds
	once    string
	topics  []shelved
	taken   map[string]bool
}

// shelved is a topic under its label.
type shelved struct {
	news.Topic
	label string
}

func (c *call) shelf() (*shelf, error) {
	feeds, err := c.backend.Feeds(c.ctx())
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
	s := &shelf{feeds: feeds, taken: map[string]bool{}}
	for _, f := range feeds {
		if f.Folder != "" && !s.taken[f.Folder] {
			s.taken[f.Folder] = true
			s.folders = append(s.folders, f.Folder)
		}
	}
	s.once = s.free(once, " (stories)")
	for _, t := range slices.Concat(own, shared) {
		s.topics = append(s.topics, shelved{t, s.free(t.Name, " (topic)")})
	}
	return s, nil
}

// free takes a label that nothing else has.
func (s *shelf) free(name, more string) string {
	for s.taken[name] {
		name += more
	}
	s.taken[name] = true
	return name
}

func (s *shelf) topic(label string) (shelved, bool) {
	for _, t := range s.topics {
		if t.label == label {
			return t, true
		}
	}
	return shelved{}, false
}

// mayHold says whether feeds and articles can be put under a label.
func (s *shelf) mayHold(label string) error {
	if _, ok := s.topic(label); ok || label == s.once {
		return bad("%q fills itself; choose another label", label)
	}
	return nil
}

// pathStream is the stream at the end of the path, or else in the parameter s.
func (c *call) pathStream() (string, error) {
	if c.path == "" {
		if id := c.r.FormValue("s"); id != "" {
			return id, nil
		}
		return statePrefix + stateAll, nil
	}
	id, err := url.PathUnescape(c.path)
	if err != nil {
		return "", bad("the stream %q cannot be read: %v", c.path, err)
	}
	return id, nil
}
