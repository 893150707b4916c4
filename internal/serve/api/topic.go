package api

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/view"
)

// ByName names a topic.
type ByName struct {
	Name string `path:"name" doc:"the topic's name"`
}

func (n ByName) what() string { return fmt.Sprintf("topic %q", n.Name) }

type topicList struct {
	Total  int          `json:"total" doc:"how many there are"`
	Topics []view.Topic `json:"topics" nullable:"false" doc:"all topics"`
}

type topicQuery struct {
	Page
	ByName
	Mine
	Order  string `query:"order" enum:"newest,prominent" default:"newest" doc:"the newest story first, or as on the topic's page: those that have it in headline or lead (the first 60 words) before those that mention it in passing, each part the newest first"`
	Facets bool   `query:"facets" default:"false" doc:"count the topic's stories by outlet, by origin (who told them first), language and day"`
}

type oneTopic struct {
	ByName
	Mine
}

type topicStories struct {
	view.Topic
	Total   int     `json:"total" doc:"how many stories the newest articles that match are in"`
	Stories []story `json:"stories" nullable:"false" doc:"the stories, in the order asked for"`

	Prominent  int          `json:"prominent,omitempty" doc:"with order=prominent, how many of total have the topic in headline or lead"`
	NewStories []int64      `json:"new_stories,omitempty" nullable:"false" doc:"with order=prominent and without an offset, the latest of the stories that are new, by their numbers"`
	Facets     []view.Facet `json:"facets,omitempty" nullable:"false" doc:"counts of stories, where they are asked for"`
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

func topicPath(name string) string { return root + "/topics/" + url.PathEscape(name) }

func (s *server) topics(ctx context.Context, q *struct{ Mine }) (*body[topicList], error) {
	owner, err := q.owner(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.topicsOf(ctx, owner)
	if err != nil {
		return nil, s.fail(err, "list of topics", "/topics")
	}
	return &body[topicList]{topicList{len(list), view.All(list, view.TopicOf)}}, nil
}

func (s *server) topic(ctx context.Context, q *topicQuery) (*body[topicStories], error) {
	t, err := s.topicOf(ctx, q.ByName, q.Mine)
	if err != nil {
		return nil, err
	}
	if q.Order == "prominent" {
		found, err := s.backend.TopicPage(ctx, t, q.Limit, q.Offset)
		if err != nil {
			return nil, s.fail(err, q.what(), "/topics")
		}
		out := topicStories{Topic: view.TopicOf(t), Total: found.Total, Prominent: found.Prominent, Stories: view.All(found.Stories, storyOf)}
		for _, st := range found.New {
			out.NewStories = append(out.NewStories, st.ID)
		}
		if q.Facets {
			out.Facets = view.All(found.Facets, view.FacetOf)
		}
		return &body[topicStories]{out}, nil
	}
	if q.Facets {
		found, err := s.backend.TopicNewest(ctx, t, q.Limit, q.Offset)
		if err != nil {
			return nil, s.fail(err, q.what(), "/topics")
		}
		return &body[topicStories]{topicStories{
			Topic: view.TopicOf(t), Total: found.Total, Stories: view.All(found.Stories, storyOf), Facets: view.All(found.Facets, view.FacetOf),
		}}, nil
	}
	list, total, err := s.backend.TopicStories(ctx, t, q.Limit, q.Offset)
	if err != nil {
		return nil, s.fail(err, q.what(), "/topics")
	}
	return &body[topicStories]{topicStories{Topic: view.TopicOf(t), Total: total, Stories: view.All(list, storyOf)}}, nil
}

func (s *server) addTopic(ctx context.Context, q *newTopic) (*created[view.Topic], error) {
	owner, err := q.ownerToChange(ctx)
	if err != nil {
		return nil, err
	}
	o := q.Body.TopicOptions
	want := news.Topic{User: owner, Name: strings.TrimSpace(q.Body.Name), Query: strings.TrimSpace(q.Body.Query), Options: news.TopicOptions(o)}
	if err := s.validate(want); err != nil {
		return nil, err
	}
	what := ByName{want.Name}.what()
	if has, err := s.backend.Followed(ctx, want); err == nil {
		return nil, followed(want, has)
	} else if !errors.Is(err, news.ErrNotFound) {
		return nil, s.fail(err, what, "/topics")
	}
	t, err := s.backend.AddTopic(ctx, want)
	if errors.Is(err, news.ErrExists) {
		return nil, followed(want, want)
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

// followed is the answer to a topic that another one makes needless.
func followed(want, has news.Topic) error {
	path := topicPath(has.Name)
	if has.User != 0 {
		path += "?mine=true"
	}
	if want.FindsSame(has) {
		return huma.Error409Conflict(fmt.Sprintf("%s finds the same already; see %s", ByName{has.Name}.what(), path))
	}
	return huma.Error409Conflict(fmt.Sprintf("%s exists already; choose another name, or DELETE %s first", ByName{has.Name}.what(), path))
}

func (s *server) changeTopic(ctx context.Context, q *changedTopic) (*body[view.Topic], error) {
	if _, err := q.ownerToChange(ctx); err != nil {
		return nil, err
	}
	t, err := s.topicOf(ctx, q.ByName, q.Mine)
	if err != nil {
		return nil, err
	}
	b := q.Body
	t.Name = given(b.Name, t.Name)
	t.Query = given(b.Query, t.Query)
	t.Options.Originals = given(b.Originals, t.Options.Originals)
	t.Options.MinOutlets = given(b.MinOutlets, t.Options.MinOutlets)
	t.Options.Langs = given(b.Langs, t.Options.Langs)
	t.Options.Muted = given(b.Muted, t.Options.Muted)
	if err := s.validate(t); err != nil {
		return nil, err
	}
	err = s.backend.ChangeTopic(ctx, t)
	if errors.Is(err, news.ErrNotFound) {
		return nil, huma.Error409Conflict(ByName{t.Name}.what() + " exists already; choose another name")
	}
	if err != nil {
		return nil, s.fail(err, q.what(), "/topics")
	}
	if t, err = s.topicOf(ctx, ByName{t.Name}, q.Mine); err != nil {
		return nil, err
	}
	return &body[view.Topic]{view.TopicOf(t)}, nil
}

func (s *server) removeTopic(ctx context.Context, q *oneTopic) (*struct{}, error) {
	owner, err := q.ownerToChange(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.backend.RemoveTopic(ctx, owner, q.Name); err != nil {
		return nil, s.fail(err, q.what(), "/topics")
	}
	return nil, nil
}

// topicOf gives the topic that is asked for.
func (s *server) topicOf(ctx context.Context, name ByName, m Mine) (news.Topic, error) {
	owner, err := m.owner(ctx)
	if err != nil {
		return news.Topic{}, err
	}
	var t news.Topic
	if owner == 0 {
		t, err = s.backend.SharedTopic(ctx, access.ViewerOf(ctx).User.ID, name.Name)
	} else {
		t, err = s.backend.Topic(ctx, owner, name.Name)
	}
	if err != nil {
		return t, s.fail(err, name.what(), "/topics")
	}
	return t, nil
}

// topicsOf gives the topics of an owner; those of everybody as the viewer has seen them.
func (s *server) topicsOf(ctx context.Context, owner int64) ([]news.Topic, error) {
	if owner == 0 {
		return s.backend.SharedTopics(ctx, access.ViewerOf(ctx).User.ID)
	}
	return s.backend.Topics(ctx, owner)
}

func (s *server) seeTopic(ctx context.Context, q *oneTopic) (*struct{}, error) {
	t, err := s.topicOf(ctx, q.ByName, q.Mine)
	if err != nil {
		return nil, err
	}
	if err := s.backend.SeeTopic(ctx, t, access.ViewerOf(ctx).User.ID); err != nil {
		return nil, s.fail(err, q.what(), "/topics")
	}
	return nil, nil
}

// validate says what is wrong with a topic that a client sent.
func (s *server) validate(t news.Topic) error {
	if !t.Reachable() {
		return invalid("body.name", t.Name, "expected a name that can stand in an address: no slashes, no control characters, not blank")
	}
	if err := s.checkQuery(t.Query); err != nil {
		return badQuery("body.query", t.Query, err)
	}
	if err := s.checkTopic(t); err != nil {
		return invalid("body", t.Name, err.Error())
	}
	return nil
}
