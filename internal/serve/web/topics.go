package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/search"
)

// maxTopicName bounds a topic's name, in characters.
const maxTopicName = 80

type topicsView struct {
	Topics []topicView
	Form   topicForm
}

// topicForm is the form to add or change a topic.
type topicForm struct {
	Action, Button     string
	Name, Query, Error string
	Originals          bool
	MinOutlets         int
	Langs, Muted       string // with commas
}

type topicView struct {
	Name, Query, URL, Search string
	Problem                  string // why nothing matches it
	New                      string // how many stories are; empty where none is
	Added                    timestamp
	Feeds                    []feedLink
	Secret                   string // address of the feed that who has it can read
	Form                     topicForm
	Total                    string // "1,204 stories"
	Langs                    string // "only in English and Spanish"; empty for all languages
	Fresh                    []headline
	MoreFresh                string // "12 more"
	Chart                    *chart // nil where there is no story
	Facets                   []facet
	Cards                    []card
	Passing                  []card // of stories that have the topic further down in their texts alone
	Pager                    pager
}

func topicOf(t news.Topic, l *locale.Locale) topicView {
	name := url.PathEscape(t.Name)
	return topicView{
		Name: t.Name, Query: t.Query, URL: "/topic/" + name, New: newCount(t, l),
		Search: "/search?q=" + url.QueryEscape(scopeOf(t)), Langs: langsText(l, t.Options.Langs), Added: timestampOf(t.Added, l),
		Feeds: feedLinks(t.Name, "/feeds/topic/"+name, ""), Form: topicFormOf(t, "/topic/"+name, l.Text("Change")),
	}
}

func topicFormOf(t news.Topic, action, button string) topicForm {
	return topicForm{
		Action: action, Button: button, Name: t.Name, Query: t.Query, Originals: t.Options.Originals, MinOutlets: t.Options.MinOutlets,
		Langs: strings.Join(t.Options.Langs, ", "), Muted: strings.Join(t.Options.Muted, ", "),
	}
}

func (s *server) topics(w http.ResponseWriter, r *http.Request) error {
	return s.showTopics(w, r, http.StatusOK, topicsView{Form: topicFormOf(news.Topic{Query: queryOf(r)}, "/topics", s.locale(r).Text("Follow"))})
}

func (s *server) showTopics(w http.ResponseWriter, r *http.Request, status int, view topicsView) error {
	topics, err := s.backend.Topics(r.Context(), 0)
	if err != nil {
		return fmt.Errorf("topics: %w", err)
	}
	for _, t := range topics {
		view.Topics = append(view.Topics, topicOf(t, s.locale(r)))
	}
	return s.write(w, r, status, "topics", page{Title: s.locale(r).Text("Topics"), Nav: "topics", Body: view})
}

func (s *server) addTopic(w http.ResponseWriter, r *http.Request) error {
	t, err := readTopicForm(r)
	if err != nil {
		return err
	}
	t.Added = s.now()
	if t.Name == "" {
		t.Name = t.Query
	}
	l := s.locale(r)
	view := topicsView{Form: topicFormOf(t, "/topics", l.Text("Follow"))}
	if err := s.checkTopic(t); err != nil {
		view.Form.Error = sentence(l, err)
		return s.showTopics(w, r, http.StatusBadRequest, view)
	}
	_, err = s.backend.AddTopic(r.Context(), t)
	if errors.Is(err, news.ErrExists) {
		view.Form.Error = l.Text("There is a topic %q already; choose another name.", t.Name)
		return s.showTopics(w, r, http.StatusConflict, view)
	}
	if err != nil {
		return fmt.Errorf("add topic %q: %w", t.Name, err)
	}
	http.Redirect(w, r, linkTopic(t).URL, http.StatusSeeOther)
	return nil
}

// readTopicForm reads the form of a topic.
func readTopicForm(r *http.Request) (t news.Topic, err error) {
	if err := readForm(r); err != nil {
		return t, err
	}
	form := r.PostForm
	list := func(key string) (items []string) {
		for item := range strings.SplitSeq(form.Get(key), ",") {
			if item = strings.TrimSpace(item); item != "" {
				items = append(items, item)
			}
		}
		return items
	}
	t.Name, t.Query = strings.TrimSpace(form.Get("name")), strings.TrimSpace(form.Get("query"))
	t.Options = news.TopicOptions{Originals: form.Get("originals") != "", Langs: list("langs"), Muted: list("muted")}
	if n := form.Get("outlets"); n != "" {
		if t.Options.MinOutlets, err = strconv.Atoi(n); err != nil {
			return t, badRequest("%q is no number of outlets.", n)
		}
	}
	return t, nil
}

// checkTopic says what is wrong with a topic. Its name is part of addresses, so that not all names can be reached.
func (s *server) checkTopic(t news.Topic) error {
	switch {
	case t.Query == "":
		return errors.New("a topic needs a search to follow")
	case !t.Reachable():
		return fmt.Errorf("a topic cannot be called %q: leave out slashes and control characters", t.Name)
	case utf8.RuneCountInString(t.Name) > maxTopicName:
		return fmt.Errorf("the name is longer than %d characters; give a shorter one", maxTopicName)
	}
	if err := s.validate(t.Query); err != nil {
		return err
	}
	return s.checkOptions(t)
}

func (s *server) topic(w http.ResponseWriter, r *http.Request) error {
	t, err := s.backend.Topic(r.Context(), 0, r.PathValue("name"))
	if err != nil {
		return fmt.Errorf("topic: %w", err)
	}
	return s.showTopic(w, r, http.StatusOK, t, nil)
}

// showTopic shows a topic, with a form that was refused where there is one.
func (s *server) showTopic(w http.ResponseWriter, r *http.Request, status int, t news.Topic, refused *topicForm) error {
	view := topicOf(t, s.locale(r))
	if t.Secret != "" {
		view.Secret = s.siteFor(r).URL + "/feeds/t/" + t.Secret + ".atom"
	}
	if refused != nil {
		view.Form = *refused
	}
	if err := errors.Join(s.validate(t.Query), s.checkOptions(t)); err != nil {
		view.Problem = sentence(s.locale(r), err)
	} else {
		n := pageNumber(r)
		found, err := s.backend.TopicPage(r.Context(), t, perPage, (n-1)*perPage)
		if err != nil {
			return fmt.Errorf("topic %q: %w", t.Name, err)
		}
		if err := s.fillTopic(r, &view, t, n, found); err != nil {
			return err
		}
	}
	return s.write(w, r, status, "topic", page{Title: t.Name, Nav: view.URL, Feeds: view.Feeds, Body: view})
}

// fillTopic adds to a topic's page what it has found: what is new, the chart, its outlets, and the stories of page n.
func (s *server) fillTopic(r *http.Request, v *topicView, t news.Topic, n int, found search.TopicPage) error {
	l := s.locale(r)
	v.Total, v.Pager = l.Text("%d stories", found.Total), pagerOf(r, n, n*perPage < found.Total)
	for _, st := range found.New {
		if len(st.Members) > 0 {
			v.Fresh = append(v.Fresh, headlineOf(st, storyTime(st, st.Latest, l), l))
		}
	}
	if more := t.New - len(v.Fresh); len(v.Fresh) > 0 && more > 0 {
		v.MoreFresh = l.Text("%d more", more)
	}
	scope := searchView{Query: scopeOf(t)}
	for _, f := range found.Facets {
		if f.Field == "day" && found.Total > 0 {
			v.Chart = chartOf(f.Values, l, func(day string) string { return scope.link(scope.Query+" date:"+day, "newest", false) })
		}
	}
	v.Facets, _ = scope.facets(l, slices.DeleteFunc(slices.Clone(found.Facets), func(f search.Facet) bool {
		return f.Field == "day" || f.Field == "lang" && len(t.Options.Langs) == 1
	}))
	at := min(max(found.Prominent-(n-1)*perPage, 0), len(found.Stories)) // where those begin that mention it in passing
	var err error
	if v.Cards, err = s.cards(r.Context(), l, found.Stories[:at]); err != nil {
		return err
	}
	v.Passing, err = s.cards(r.Context(), l, found.Stories[at:])
	return err
}

// newCount is how many stories of a topic are new, or "" for none.
func newCount(t news.Topic, l *locale.Locale) string {
	if t.New == 0 {
		return ""
	}
	return l.Number(t.New)
}

// scopeOf is a topic as a search: its query with what its options ask for.
func scopeOf(t news.Topic) string {
	parts := []string{t.Query}
	if t.Options.Originals {
		parts = append(parts, "is:original")
	}
	if t.Options.MinOutlets > 1 {
		parts = append(parts, "outlets:>="+strconv.Itoa(t.Options.MinOutlets))
	}
	var langs []string
	for _, lang := range t.Options.Langs {
		langs = append(langs, "lang:"+lang)
	}
	if len(langs) == 1 {
		parts = append(parts, langs[0])
	} else if len(langs) > 1 {
		parts = append(parts, "("+strings.Join(langs, " OR ")+")")
	}
	for _, outlet := range t.Options.Muted {
		parts = append(parts, `-outlet:"`+strings.ReplaceAll(outlet, `"`, " ")+`"`)
	}
	return strings.Join(parts, " ")
}

// langsText says in which languages alone a topic looks.
func langsText(l *locale.Locale, langs []string) string {
	if len(langs) == 0 {
		return ""
	}
	names := make([]string, len(langs))
	for i, lang := range langs {
		names[i] = l.LanguageName(lang)
	}
	return l.Text("only in %s", l.List(names))
}

// changeTopic stores the form of a topic.
func (s *server) changeTopic(w http.ResponseWriter, r *http.Request) error {
	was, err := s.backend.Topic(r.Context(), 0, r.PathValue("name"))
	if err != nil {
		return fmt.Errorf("topic: %w", err)
	}
	to, err := readTopicForm(r)
	if err != nil {
		return err
	}
	to.ID = was.ID
	l := s.locale(r)
	form := topicFormOf(to, linkTopic(was).URL, l.Text("Change"))
	if err := s.checkTopic(to); err != nil {
		form.Error = sentence(l, err)
		return s.showTopic(w, r, http.StatusBadRequest, was, &form)
	}
	err = s.backend.ChangeTopic(r.Context(), to)
	if errors.Is(err, news.ErrNotFound) {
		form.Error = l.Text("There is a topic %q already; choose another name.", to.Name)
		return s.showTopic(w, r, http.StatusConflict, was, &form)
	}
	if err != nil {
		return fmt.Errorf("change topic %q: %w", was.Name, err)
	}
	http.Redirect(w, r, linkTopic(to).URL, http.StatusSeeOther)
	return nil
}

// topicAction handles a POST that does one thing with a topic, and shows the topic again.
func (s *server) topicAction(do func(context.Context, news.Topic) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		t, err := s.backend.Topic(r.Context(), 0, r.PathValue("name"))
		if err == nil {
			err = do(r.Context(), t)
		}
		if err != nil {
			return fmt.Errorf("topic: %w", err)
		}
		http.Redirect(w, r, linkTopic(t).URL, http.StatusSeeOther)
		return nil
	}
}

func (s *server) renewSecret(ctx context.Context, t news.Topic) error {
	return s.backend.SetTopicSecret(ctx, t.ID, rand.Text())
}

func (s *server) revokeSecret(ctx context.Context, t news.Topic) error {
	return s.backend.SetTopicSecret(ctx, t.ID, "")
}

func (s *server) removeTopic(w http.ResponseWriter, r *http.Request) error {
	if err := s.backend.RemoveTopic(r.Context(), 0, r.PathValue("name")); err != nil {
		return fmt.Errorf("remove topic: %w", err)
	}
	http.Redirect(w, r, "/topics", http.StatusSeeOther)
	return nil
}
