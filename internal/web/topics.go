package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"headwater/internal/news"
)

// maxTopicName bounds a topic's name, in characters.
const maxTopicName = 80

type topicsView struct {
	Topics []topicView
	Name   string // of the form
	Query  string
	Error  string
}

type topicView struct {
	Name, Query, URL, Remove, Search string
	Added                            when
	Feeds                            []feedLink
	Total                            int
	Cards                            []card
	Pager                            pager
}

func (s *server) topicOf(t news.Topic) topicView {
	name := url.PathEscape(t.Name)
	return topicView{
		Name: t.Name, Query: t.Query, URL: "/topic/" + name, Remove: "/topic/" + name + "/remove",
		Search: "/search?q=" + url.QueryEscape(t.Query), Added: at(t.Added, s.now()),
		Feeds: feedLinks(t.Name, "/feeds/topic/"+name, ""),
	}
}

func (s *server) topics(w http.ResponseWriter, r *http.Request) error {
	return s.showTopics(w, r, http.StatusOK, topicsView{Query: queryOf(r)})
}

func (s *server) showTopics(w http.ResponseWriter, r *http.Request, status int, view topicsView) error {
	topics, err := s.news.Topics(r.Context(), 0)
	if err != nil {
		return fmt.Errorf("topics: %w", err)
	}
	for _, t := range topics {
		view.Topics = append(view.Topics, s.topicOf(t))
	}
	p, err := s.page(r.Context(), "Topics", "topics")
	if err != nil {
		return err
	}
	p.Body = view
	return s.pages.write(w, status, "topics", p)
}

func (s *server) addTopic(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badRequest("The form could not be read: " + err.Error())
	}
	view := topicsView{Name: strings.TrimSpace(r.PostForm.Get("name")), Query: strings.TrimSpace(r.PostForm.Get("query"))}
	if view.Name == "" {
		view.Name = view.Query
	}
	if err := s.checkTopic(view.Name, view.Query); err != nil {
		view.Error = err.Error()
		return s.showTopics(w, r, http.StatusBadRequest, view)
	}
	t := news.Topic{Name: view.Name, Query: view.Query, Added: s.now()}
	_, err := s.news.AddTopic(r.Context(), t)
	if errors.Is(err, news.ErrExists) {
		view.Error = fmt.Sprintf("There is a topic %q already; choose another name.", view.Name)
		return s.showTopics(w, r, http.StatusConflict, view)
	}
	if err != nil {
		return fmt.Errorf("add topic %q: %w", t.Name, err)
	}
	http.Redirect(w, r, linkTopic(t).URL, http.StatusSeeOther)
	return nil
}

// checkTopic says what is wrong with a topic. Names stand in addresses, so that some cannot be reached.
func (s *server) checkTopic(name, query string) error {
	switch {
	case query == "":
		return errors.New("a topic needs a search to follow")
	case !news.Topic{Name: name}.Reachable():
		return fmt.Errorf("a topic cannot be called %q: leave out slashes and control characters", name)
	case utf8.RuneCountInString(name) > maxTopicName:
		return fmt.Errorf("the name is longer than %d characters; give a shorter one", maxTopicName)
	}
	return s.validate(query)
}

func (s *server) topic(w http.ResponseWriter, r *http.Request) error {
	t, err := s.news.Topic(r.Context(), 0, r.PathValue("name"))
	if err != nil {
		return fmt.Errorf("topic: %w", err)
	}
	n := pageNumber(r)
	stories, total, err := s.news.TopicStories(r.Context(), t, perPage, (n-1)*perPage)
	if err != nil {
		return fmt.Errorf("topic %q: %w", t.Name, err)
	}
	view := s.topicOf(t)
	view.Total, view.Pager = total, pagerOf(r, n, n*perPage < total)
	if view.Cards, err = s.cards(r.Context(), stories); err != nil {
		return err
	}
	p, err := s.page(r.Context(), t.Name, view.URL)
	if err != nil {
		return err
	}
	p.Feeds, p.Body = view.Feeds, view
	return s.pages.write(w, http.StatusOK, "topic", p)
}

func (s *server) removeTopic(w http.ResponseWriter, r *http.Request) error {
	if err := s.news.RemoveTopic(r.Context(), 0, r.PathValue("name")); err != nil {
		return fmt.Errorf("remove topic: %w", err)
	}
	http.Redirect(w, r, "/topics", http.StatusSeeOther)
	return nil
}
