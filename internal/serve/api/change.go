package api

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/intake/discover"
	"headwater/internal/news"
	"headwater/internal/serve/view"
)

type topicList struct {
	Total  int          `json:"total" doc:"how many there are"`
	Topics []view.Topic `json:"topics" nullable:"false" doc:"all topics"`
}

func (s *server) topics(ctx context.Context, q *struct{ Mine }) (*body[topicList], error) {
	owner, err := q.owner(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.backend.Topics(ctx, owner)
	if err != nil {
		return nil, s.fail(err, "list of topics", "/topics")
	}
	return &body[topicList]{topicList{len(list), view.All(list, view.TopicOf)}}, nil
}

// ByName is which topic is asked for.
type ByName struct {
	Name string `path:"name" doc:"the topic's name"`
}

func (n ByName) what() string { return fmt.Sprintf("topic %q", n.Name) }

type topicQuery struct {
	Page
	ByName
	Mine
}

type oneTopic struct {
	ByName
	Mine
}

type topicStories struct {
	view.Topic
	Total   int     `json:"total" doc:"how many stories the newest articles that match are in"`
	Stories []story `json:"stories" nullable:"false" doc:"the stories, newest first"`
}

func (s *server) topic(ctx context.Context, q *topicQuery) (*body[topicStories], error) {
	t, err := s.topicOf(ctx, q.ByName, q.Mine)
	if err != nil {
		return nil, err
	}
	list, total, err := s.backend.TopicStories(ctx, t, q.Limit, q.Offset)
	if err != nil {
		return nil, s.fail(err, q.what(), "/topics")
	}
	return &body[topicStories]{topicStories{view.TopicOf(t), total, view.All(list, storyOf)}}, nil
}

// topicOf gives the topic that is asked for.
func (s *server) topicOf(ctx context.Context, name ByName, m Mine) (news.Topic, error) {
	owner, err := m.owner(ctx)
	if err != nil {
		return news.Topic{}, err
	}
	t, err := s.backend.Topic(ctx, owner, name.Name)
	if err != nil {
		return t, s.fail(err, name.what(), "/topics")
	}
	return t, nil
}

type newTopic struct {
	Mine
	Body struct {
		Name  string `json:"name" minLength:"1" maxLength:"80" example:"rates" doc:"unique; stands in addresses, so without slashes and control characters"`
		Query string `json:"query" minLength:"1" maxLength:"2000" example:"\"interest rates\" OR \"central bank\"" doc:"the search to follow"`
		view.TopicOptions
	}
}

// changedTopic has what is to be different; what is left out stays.
type changedTopic struct {
	ByName
	Mine
	Body struct {
		Name       *string   `json:"name,omitempty" minLength:"1" maxLength:"80" doc:"what to call it"`
		Query      *string   `json:"query,omitempty" minLength:"1" maxLength:"2000" doc:"the search to follow"`
		Originals  *bool     `json:"originals,omitempty" doc:"only stories whose original is among what the query finds"`
		MinOutlets *int      `json:"min_outlets,omitempty" minimum:"0" doc:"only stories that at least so many outlets carry"`
		Langs      *[]string `json:"langs,omitempty" doc:"only articles in these languages, as ISO 639-1; none is all"`
		Muted      *[]string `json:"muted,omitempty" doc:"outlets whose articles do not count, by domain or name"`
	}
}

// set puts a value that was given in the place of another.
func set[T any](to *T, given *T) {
	if given != nil {
		*to = *given
	}
}

func (s *server) changeTopic(ctx context.Context, q *changedTopic) (*body[view.Topic], error) {
	t, err := s.topicOf(ctx, q.ByName, q.Mine)
	if err != nil {
		return nil, err
	}
	b := q.Body
	set(&t.Name, b.Name)
	set(&t.Query, b.Query)
	set(&t.Options.Originals, b.Originals)
	set(&t.Options.MinOutlets, b.MinOutlets)
	set(&t.Options.Langs, b.Langs)
	set(&t.Options.Muted, b.Muted)
	if err := s.sound(t); err != nil {
		return nil, err
	}
	err = s.backend.ChangeTopic(ctx, t)
	if errors.Is(err, news.ErrNotFound) {
		return nil, huma.Error409Conflict(ByName{t.Name}.what() + " exists already; choose another name")
	}
	if err != nil {
		return nil, s.fail(err, q.what(), "/topics")
	}
	if t, err = s.backend.Topic(ctx, t.User, t.Name); err != nil {
		return nil, s.fail(err, q.what(), "/topics")
	}
	return &body[view.Topic]{view.TopicOf(t)}, nil
}

// sound says what is wrong with a topic that was asked for.
func (s *server) sound(t news.Topic) error {
	if !t.Reachable() {
		return invalid("body.name", t.Name, "expected a name that can stand in an address: no slashes, no control characters, not blank")
	}
	if err := s.check(t.Query); err != nil {
		return misquery("body.query", t.Query, err)
	}
	if err := s.checkTopic(t); err != nil {
		return invalid("body", t.Name, err.Error())
	}
	return nil
}

type changedFeed struct {
	ID   int64 `path:"id" minimum:"1" doc:"its number"`
	Body struct {
		Title    *string `json:"title,omitempty" maxLength:"300" doc:"what to call it"`
		Folder   *string `json:"folder,omitempty" maxLength:"300" doc:"the folder to put it into, or empty"`
		FullText *string `json:"full_text,omitempty" enum:"auto,always,never," doc:"whether the pages of its items are read; empty is as the settings say"`
	}
}

func (s *server) changeFeed(ctx context.Context, q *changedFeed) (*body[view.Feed], error) {
	what := fmt.Sprintf("feed %d", q.ID)
	f, err := s.backend.Feed(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, what, "/feeds")
	}
	set(&f.Title, q.Body.Title)
	set(&f.Folder, q.Body.Folder)
	if err := s.backend.EditFeed(ctx, f.ID, f.Title, f.Folder); err != nil {
		return nil, s.fail(err, what, "/feeds")
	}
	if q.Body.FullText != nil {
		if err := s.backend.SetFullText(ctx, f.ID, *q.Body.FullText); err != nil {
			return nil, s.fail(err, what, "/feeds")
		}
	}
	return s.feed(ctx, &byID{q.ID})
}

// created answers with what was made and where it is.
type created[T any] struct {
	Location string `header:"Location" doc:"the path of what was made"`
	Body     T
}

func (s *server) addTopic(ctx context.Context, q *newTopic) (*created[view.Topic], error) {
	owner, err := q.owner(ctx)
	if err != nil {
		return nil, err
	}
	o := q.Body.TopicOptions
	want := news.Topic{User: owner, Name: strings.TrimSpace(q.Body.Name), Query: strings.TrimSpace(q.Body.Query), Options: news.TopicOptions(o)}
	if err := s.sound(want); err != nil {
		return nil, err
	}
	what := ByName{want.Name}.what()
	t, err := s.backend.AddTopic(ctx, want)
	if errors.Is(err, news.ErrExists) {
		return nil, huma.Error409Conflict(what + " exists already; choose another name, or DELETE " + topicPath(want.Name) + " first")
	}
	if err != nil {
		return nil, s.fail(err, what, "/topics")
	}
	path := topicPath(t.Name)
	if q.Mine.Mine {
		path += "?mine=true"
	}
	return &created[view.Topic]{path, view.TopicOf(t)}, nil
}

func topicPath(name string) string { return root + "/topics/" + url.PathEscape(name) }

func (s *server) removeTopic(ctx context.Context, q *oneTopic) (*struct{}, error) {
	owner, err := q.owner(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.backend.RemoveTopic(ctx, owner, q.Name); err != nil {
		return nil, s.fail(err, q.what(), "/topics")
	}
	return nil, nil
}

type feedList struct {
	Total int         `json:"total" doc:"how many there are"`
	Feeds []view.Feed `json:"feeds" nullable:"false" doc:"all feeds, in the order in which they were added"`
}

func (s *server) feeds(ctx context.Context, _ *struct{}) (*body[feedList], error) {
	list, err := s.backend.Feeds(ctx)
	if err != nil {
		return nil, s.fail(err, "list of feeds", "/feeds")
	}
	return &body[feedList]{feedList{len(list), view.All(list, view.FeedOf)}}, nil
}

func (s *server) feed(ctx context.Context, q *byID) (*body[view.Feed], error) {
	f, err := s.backend.Feed(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("feed %d", q.ID), "/feeds")
	}
	return &body[view.Feed]{view.FeedOf(f)}, nil
}

type newFeed struct {
	Body struct {
		URL    string `json:"url" minLength:"1" maxLength:"2000" example:"https://feeds.example/world.xml" doc:"its address or that of its site; without http:// or https:// both are tried"`
		Title  string `json:"title,omitempty" maxLength:"300" doc:"what to call it; empty is what it calls itself"`
		Folder string `json:"folder,omitempty" maxLength:"300" doc:"the folder to put it into, or empty"`
		AsIs   bool   `json:"as_is,omitempty" doc:"add the address as it is, without looking for a feed there"`
		Force  bool   `json:"force,omitempty" doc:"add it even where no feed is found or none can be read now"`

		FullText string `json:"full_text,omitempty" enum:"auto,always,never" doc:"whether the pages of its items are read; left out, as the settings say"`
	}
}

func (s *server) addFeed(ctx context.Context, q *newFeed) (*created[view.Feed], error) {
	address, err := s.seekFeed(ctx, q)
	if err != nil {
		return nil, err
	}
	f, err := s.backend.AddFeed(ctx, news.Feed{URL: address, Title: q.Body.Title, Folder: q.Body.Folder, FullText: q.Body.FullText})
	if errors.Is(err, news.ErrExists) {
		return nil, huma.Error409Conflict(fmt.Sprintf("%s is among the feeds already, as %s", q.Body.URL, feedPath(f)))
	}
	if err != nil {
		return nil, s.fail(err, "feed "+q.Body.URL, "/feeds")
	}
	return &created[view.Feed]{feedPath(f), view.FeedOf(f)}, nil
}

// seekFeed gives the address to subscribe to for the one that was given. Of several feeds somebody has to choose, and on
// what is none, or cannot be read now, to insist.
func (s *server) seekFeed(ctx context.Context, q *newFeed) (string, error) {
	addresses, err := discover.Typed(q.Body.URL)
	if err != nil {
		return "", invalid("body.url", q.Body.URL, err.Error())
	}
	if q.Body.AsIs {
		return addresses[0], nil
	}
	found, err := s.backend.FindFeeds(ctx, q.Body.URL)
	switch {
	case err != nil:
		return "", s.fail(err, "feed "+q.Body.URL, "/feeds")
	case len(found.Feeds) == 1 && found.Feeds[0].Known != 0:
		return "", huma.Error409Conflict(fmt.Sprintf("%s is among the feeds already, as %s", q.Body.URL, feedPath(news.Feed{ID: found.Feeds[0].Known})))
	case found.Problem != "" && !q.Body.Force:
		return "", invalid("body.url", q.Body.URL, found.Problem+"; it is not added, but is with force")
	case found.Problem != "" || len(found.Feeds) == 1:
		return found.Insisted(), nil
	}
	var choices []error
	for _, f := range found.Feeds {
		choices = append(choices, &huma.ErrorDetail{Location: "body.url", Value: f.URL, Message: "is one of several feeds of " + q.Body.URL + "; give one of their addresses"})
	}
	return "", huma.Error422UnprocessableEntity("validation failed", choices...)
}

func feedPath(f news.Feed) string { return fmt.Sprintf("%s/feeds/%d", root, f.ID) }

func (s *server) removeFeed(ctx context.Context, q *byID) (*struct{}, error) {
	if err := s.backend.RemoveFeed(ctx, q.ID); err != nil {
		return nil, s.fail(err, fmt.Sprintf("feed %d", q.ID), "/feeds")
	}
	return nil, nil
}
