package api

import (
	"context"
	"fmt"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
)

type topicList struct {
	Topics []topic `json:"topics" nullable:"false"`
}

func (s *server) topics(ctx context.Context, _ *struct{}) (*body[topicList], error) {
	list, err := s.room.Topics(ctx)
	if err != nil {
		return nil, s.fail(err, "list of topics")
	}
	out := topicList{make([]topic, 0, len(list))}
	for _, t := range list {
		out.Topics = append(out.Topics, topic(t))
	}
	return &body[topicList]{out}, nil
}

type topicQuery struct {
	Page
	Name string `path:"name"`
}

type topicStories struct {
	topic
	Total   int     `json:"total"`
	Stories []story `json:"stories" nullable:"false"`
}

func (s *server) topic(ctx context.Context, q *topicQuery) (*body[topicStories], error) {
	t, err := s.room.Topic(ctx, q.Name)
	if err != nil {
		return nil, s.fail(err, "topic "+q.Name)
	}
	list, total, err := s.room.TopicStories(ctx, q.Name, q.Limit, q.Offset)
	if err != nil {
		return nil, s.fail(err, "topic "+q.Name)
	}
	return &body[topicStories]{topicStories{topic(t), total, storiesOf(list)}}, nil
}

type newTopic struct {
	Body struct {
		Name  string `json:"name" minLength:"1" maxLength:"100"`
		Query string `json:"query" minLength:"1"`
	}
}

func (s *server) addTopic(ctx context.Context, q *newTopic) (*body[topic], error) {
	if err := s.check(q.Body.Query); err != nil {
		return nil, huma.Error400BadRequest(err.Error())
	}
	if err := s.room.AddTopic(ctx, news.Topic{Name: q.Body.Name, Query: q.Body.Query}); err != nil {
		return nil, s.fail(err, "topic "+q.Body.Name)
	}
	t, err := s.room.Topic(ctx, q.Body.Name)
	if err != nil {
		return nil, s.fail(err, "topic "+q.Body.Name)
	}
	return &body[topic]{topic(t)}, nil
}

func (s *server) removeTopic(ctx context.Context, q *struct {
	Name string `path:"name"`
},
) (*struct{}, error) {
	if err := s.room.RemoveTopic(ctx, q.Name); err != nil {
		return nil, s.fail(err, "topic "+q.Name)
	}
	return nil, nil
}

type feedList struct {
	Feeds []feed `json:"feeds" nullable:"false"`
}

func (s *server) feeds(ctx context.Context, _ *struct{}) (*body[feedList], error) {
	list, err := s.room.Feeds(ctx)
	if err != nil {
		return nil, s.fail(err, "list of feeds")
	}
	out := feedList{make([]feed, 0, len(list))}
	for _, f := range list {
		out.Feeds = append(out.Feeds, feedOf(f))
	}
	return &body[feedList]{out}, nil
}

func (s *server) feed(ctx context.Context, q *byID) (*body[feed], error) {
	f, err := s.room.Feed(ctx, q.ID)
	if err != nil {
		return nil, s.fail(err, fmt.Sprintf("feed %d", q.ID))
	}
	return &body[feed]{feedOf(f)}, nil
}

type newFeed struct {
	Body struct {
		URL    string `json:"url" minLength:"1" maxLength:"2000"`
		Title  string `json:"title,omitempty" maxLength:"300"`
		Folder string `json:"folder,omitempty" maxLength:"300"`
	}
}

func (s *server) addFeed(ctx context.Context, q *newFeed) (*body[feed], error) {
	u, err := url.Parse(q.Body.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, huma.Error400BadRequest(fmt.Sprintf("url: %q is no feed address; give one such as https://example.org/feed.xml", q.Body.URL))
	}
	f, err := s.room.AddFeed(ctx, news.Feed{URL: q.Body.URL, Title: q.Body.Title, Folder: q.Body.Folder})
	if err != nil {
		return nil, s.fail(err, "feed "+q.Body.URL)
	}
	return &body[feed]{feedOf(f)}, nil
}

func (s *server) removeFeed(ctx context.Context, q *byID) (*struct{}, error) {
	if err := s.room.RemoveFeed(ctx, q.ID); err != nil {
		return nil, s.fail(err, fmt.Sprintf("feed %d", q.ID))
	}
	return nil, nil
}
