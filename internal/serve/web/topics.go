package web

import (
	"cmp"
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
	"headwater/internal/serve/access"
)

// maxTopicName bounds a topic's name, in characters.
const maxTopicName = 80

type topicsView struct {
	Topics   []topicView
	Shadowed []string // names of topics of everybody that topics of the viewer have too
	Form     topicForm
}

// topicForm is the form to add or change a topic.
type topicForm struct {
	Action, Button string
	ID             int64  // of the topic that is changed; 0 for a new one
	Was            string // its name when the form was made
	Name, Query    string
	Originals      bool
	MinOutlets     string
	Langs, Muted   string            // with commas
	Choose, Mine   bool              // whose it is can be chosen; it is the viewer's own
	Errors         map[string]string // by field; "" is the whole form
	There          *link             // the topic that has the name
}

type topicView struct {
	Name, Query, URL, Search string
	Mine                     bool   // it is the viewer's own
	May                      bool   // the viewer may change it
	Notice                   string // what was done
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

func topicOf(t news.Topic, v viewer, l *locale.Locale) topicView {
	name := url.PathEscape(t.Name)
	view := topicView{
		Name: t.Name, Query: t.Query, URL: "/topic/" + name, New: newCount(t, l), Mine: t.User != 0, May: v.MayChangeTopic(t),
		Search: "/search?q=" + url.QueryEscape(scopeOf(t)), Langs: langsText(l, t.Options.Langs), Added: timestampOf(t.Added, l),
		Form: topicFormOf(t, "/topic/"+name, l.Text("Change")),
	}
	if t.User == 0 { // the feed of one's own has a secret address
		view.Feeds = feedLinks(t.Name, "/feeds/topic/"+name, "")
	}
	return view
}

func topicFormOf(t news.Topic, action, button string) topicForm {
	f := topicForm{
		Action: action, Button: button, ID: t.ID, Was: t.Name, Name: t.Name, Query: t.Query, Originals: t.Options.Originals,
		Langs: strings.Join(t.Options.Langs, ", "), Muted: strings.Join(t.Options.Muted, ", "), Mine: t.User != 0, Errors: map[string]string{},
	}
	if t.Options.MinOutlets > 0 {
		f.MinOutlets = strconv.Itoa(t.Options.MinOutlets)
	}
	return f
}

// topicLists are the topics that a viewer sees, and those of everybody that have the name of an own one.
type topicLists struct{ visible, shadowed []news.Topic }

// visibleTopics gives the topics that the viewer of a page sees, by name: the own ones, and those of everybody that have no name of these.
// The others of everybody are shadowed. A request that changes nothing reads them once.
func (s *server) visibleTopics(r *http.Request) (visible, shadowed []news.Topic, err error) {
	a, _ := r.Context().Value(askedKey{}).(*asked)
	if a == nil || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return s.readTopics(r)
	}
	if a.topics == nil {
		visible, shadowed, err := s.readTopics(r)
		if err != nil {
			return nil, nil, err
		}
		a.topics = &topicLists{visible, shadowed}
	}
	return slices.Clone(a.topics.visible), slices.Clone(a.topics.shadowed), nil
}

// readTopics is visibleTopics as they are now.
func (s *server) readTopics(r *http.Request) (visible, shadowed []news.Topic, err error) {
	v := s.viewer(r)
	if v.Known() {
		if visible, err = s.backend.Topics(r.Context(), v.User.ID); err != nil {
			return nil, nil, fmt.Errorf("topics of user %d: %w", v.User.ID, err)
		}
	}
	everybodys, err := s.backend.SharedTopics(r.Context(), v.User.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("topics: %w", err)
	}
	own := len(visible)
	for _, t := range everybodys {
		if slices.ContainsFunc(visible[:own], func(o news.Topic) bool { return o.Name == t.Name }) {
			shadowed = append(shadowed, t)
		} else {
			visible = append(visible, t)
		}
	}
	slices.SortStableFunc(visible, func(a, b news.Topic) int { return strings.Compare(a.Name, b.Name) })
	return visible, shadowed, nil
}

// findTopic gives the topic that a path names: the viewer's own, or else that of everybody.
func (s *server) findTopic(r *http.Request) (news.Topic, error) {
	name := r.PathValue("name")
	v := s.viewer(r)
	if v.Known() {
		t, err := s.backend.Topic(r.Context(), v.User.ID, name)
		if !errors.Is(err, news.ErrNotFound) {
			return t, err
		}
	}
	t, err := s.backend.SharedTopic(r.Context(), v.User.ID, name)
	if err != nil {
		return t, fmt.Errorf("topic: %w", err)
	}
	return t, nil
}

// topicToChange is findTopic for a topic that the viewer may change.
func (s *server) topicToChange(r *http.Request) (news.Topic, error) {
	t, err := s.findTopic(r)
	if err == nil && !s.viewer(r).MayChangeTopic(t) {
		err = problem{Status: http.StatusForbidden, Heading: "Not allowed", Message: "A topic of everybody is changed by editors and admins. A topic of your own is yours to change."}
	}
	return t, err
}

func (s *server) topics(w http.ResponseWriter, r *http.Request) error {
	view := topicsView{Form: s.newTopicForm(r, news.Topic{Query: queryOf(r)})}
	if r.URL.Query().Get("name") != "" {
		view.Form.Name = strings.TrimSpace(strings.ToValidUTF8(r.URL.Query().Get("name"), ""))
	}
	return s.showTopics(w, r, http.StatusOK, view)
}

// newTopicForm is the form for a new topic. Editors choose whose it is.
func (s *server) newTopicForm(r *http.Request, t news.Topic) topicForm {
	f := topicFormOf(t, "/topics", s.locale(r).Text("Follow"))
	f.Choose = s.viewer(r).May(access.Editor)
	return f
}

func (s *server) showTopics(w http.ResponseWriter, r *http.Request, status int, view topicsView) error {
	topics, shadowed, err := s.visibleTopics(r)
	if err != nil {
		return err
	}
	l, v := s.locale(r), s.viewer(r)
	for _, t := range topics {
		view.Topics = append(view.Topics, topicOf(t, v, l))
	}
	for _, t := range shadowed {
		view.Shadowed = append(view.Shadowed, t.Name)
	}
	return s.write(w, r, status, "topics", page{Title: l.Text("Topics"), Nav: "topics", Body: view})
}

func (s *server) addTopic(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	l, v := s.locale(r), s.viewer(r)
	t, wrong := readTopicForm(r, l)
	t.Added = s.now()
	t.Name = cmp.Or(t.Name, t.Query)
	switch owner := r.PostForm.Get("owner"); {
	case owner == "me" || !v.May(access.Editor) && owner == "":
		t.User = v.User.ID
	case !v.May(access.Editor):
		return problem{Status: http.StatusForbidden, Heading: "Not allowed", Message: "A topic of everybody is for editors and admins to add."}
	}
	refuse := func(status int, there *link) error {
		view := topicsView{Form: s.newTopicForm(r, t)}
		view.Form.fillFrom(r, wrong)
		view.Form.There = there
		return s.showTopics(w, r, status, view)
	}
	if s.checkTopic(t, wrong, l); len(wrong) > 0 {
		return refuse(http.StatusBadRequest, nil)
	}
	has, err := s.backend.Followed(r.Context(), t)
	switch {
	case err == nil && t.FindsSame(has):
		http.Redirect(w, r, linkTopic(has).URL+"?followed", http.StatusSeeOther)
		return nil
	case err == nil:
		wrong["name"] = l.Text("There is a topic %q already, and it asks for something else. Choose another name, or change that one.", t.Name)
		there := linkTopic(has)
		return refuse(http.StatusConflict, &there)
	case !errors.Is(err, news.ErrNotFound):
		return fmt.Errorf("topics: %w", err)
	}
	_, err = s.backend.AddTopic(r.Context(), t)
	if errors.Is(err, news.ErrExists) { // it was added between
		wrong["name"] = l.Text("There is a topic %q already; choose another name.", t.Name)
		return refuse(http.StatusConflict, nil)
	}
	if err != nil {
		return fmt.Errorf("add topic %q: %w", t.Name, err)
	}
	http.Redirect(w, r, linkTopic(t).URL, http.StatusSeeOther)
	return nil
}

// readTopicForm reads the form of a topic, and says by field what can't be read.
func readTopicForm(r *http.Request, l *locale.Locale) (t news.Topic, wrong map[string]string) {
	form := r.PostForm
	list := func(key string) (items []string) {
		for item := range strings.SplitSeq(form.Get(key), ",") {
			if item = strings.TrimSpace(item); item != "" {
				items = append(items, item)
			}
		}
		return items
	}
	wrong = map[string]string{}
	t.Name, t.Query = strings.TrimSpace(form.Get("name")), strings.TrimSpace(form.Get("query"))
	t.Options = news.TopicOptions{Originals: form.Get("originals") != "", Langs: list("langs"), Muted: list("muted")}
	if n := form.Get("outlets"); n != "" {
		var err error
		if t.Options.MinOutlets, err = strconv.Atoi(n); err != nil {
			wrong["outlets"] = l.Text("%q is no number of outlets.", n)
		}
	}
	return t, wrong
}

// fillFrom gives a form what was sent, with what is wrong.
func (f *topicForm) fillFrom(r *http.Request, wrong map[string]string) {
	get := r.PostForm.Get
	f.Name, f.Query, f.MinOutlets, f.Langs, f.Muted = get("name"), get("query"), get("outlets"), get("langs"), get("muted")
	f.Mine, f.Errors = get("owner") == "me", wrong
}

// checkTopic says by field what is wrong with a topic. Its name is part of addresses, so that not all names can be reached.
func (s *server) checkTopic(t news.Topic, wrong map[string]string, l *locale.Locale) {
	note := func(field string, err error) bool {
		if err != nil && wrong[field] == "" {
			wrong[field] = sentence(l, err)
		}
		return err != nil
	}
	switch {
	case t.Query == "":
		note("query", errors.New("a topic needs a search to follow"))
		return
	case !t.Reachable():
		note("name", fmt.Errorf("a topic cannot be called %q: leave out slashes and control characters", t.Name))
	case utf8.RuneCountInString(t.Name) > maxTopicName:
		note("name", fmt.Errorf("the name is longer than %d characters; give a shorter one", maxTopicName))
	}
	with := func(o news.TopicOptions) error { return s.checkOptions(news.Topic{Query: t.Query, Options: o}) }
	if note("query", s.validate(t.Query)) || note("query", with(news.TopicOptions{})) {
		return
	}
	note("langs", with(news.TopicOptions{Langs: t.Options.Langs}))
	note("muted", with(news.TopicOptions{Muted: t.Options.Muted}))
	note("outlets", with(news.TopicOptions{MinOutlets: t.Options.MinOutlets}))
	if len(wrong) == 0 {
		note("", with(t.Options))
	}
}

func (s *server) topic(w http.ResponseWriter, r *http.Request) error {
	t, err := s.findTopic(r)
	if err != nil {
		return err
	}
	return s.showTopic(w, r, http.StatusOK, t, nil)
}

// showTopic shows a topic, with a form that was refused where there is one.
func (s *server) showTopic(w http.ResponseWriter, r *http.Request, status int, t news.Topic, refused *topicForm) error {
	l := s.locale(r)
	view := topicOf(t, s.viewer(r), l)
	if r.URL.Query().Has("followed") {
		view.Notice = l.Text("You follow this already: this topic finds the same.")
	}
	if t.Secret != "" && view.May {
		view.Secret = s.siteFor(r).URL + "/feeds/t/" + t.Secret + ".atom"
	}
	if refused != nil {
		view.Form = *refused
	}
	if err := errors.Join(s.validate(t.Query), s.checkOptions(t)); err != nil {
		view.Problem = sentence(l, err)
	} else {
		n := pageNumber(r.URL.Query())
		found, err := s.backend.TopicPage(r.Context(), t, perPage, (n-1)*perPage)
		if err != nil {
			return fmt.Errorf("topic %q: %w", t.Name, err)
		}
		if err := s.fillTopic(r, &view, t, n, found); err != nil {
			return err
		}
	}
	return s.write(w, r, status, "topic", page{Title: t.Name, Nav: view.URL, Feeds: view.Feeds, Body: view, secret: view.Secret != ""})
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
	if v.Cards, err = s.cards(r, l, found.Stories[:at]); err != nil {
		return err
	}
	if v.Passing, err = s.cards(r, l, found.Stories[at:]); err != nil {
		return err
	}
	return nil
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

// changeTopic stores the form of a topic. A topic that was renamed since the form was made is found by its number, and keeps its new name unless
// the form has another than before.
func (s *server) changeTopic(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	was, err := s.formTopic(r)
	if err != nil {
		return err
	}
	l := s.locale(r)
	to, wrong := readTopicForm(r, l)
	to.ID, to.User = was.ID, was.User
	if made := r.PostForm.Get("was"); made != "" && made != was.Name && to.Name == made {
		to.Name = was.Name
	}
	refuse := func(status int) error {
		form := topicFormOf(to, linkTopic(was).URL, l.Text("Change"))
		form.fillFrom(r, wrong)
		form.Was = was.Name
		return s.showTopic(w, r, status, was, &form)
	}
	if s.checkTopic(to, wrong, l); len(wrong) > 0 {
		return refuse(http.StatusBadRequest)
	}
	err = s.backend.ChangeTopic(r.Context(), to)
	if errors.Is(err, news.ErrNotFound) {
		wrong["name"] = l.Text("There is a topic %q already; choose another name.", to.Name)
		return refuse(http.StatusConflict)
	}
	if err != nil {
		return fmt.Errorf("change topic %q: %w", was.Name, err)
	}
	http.Redirect(w, r, linkTopic(to).URL, http.StatusSeeOther)
	return nil
}

// formTopic gives the topic that a form is of, by its number, or where the form has none by the path.
func (s *server) formTopic(r *http.Request) (news.Topic, error) {
	id, err := strconv.ParseInt(r.PostForm.Get("id"), 10, 64)
	if err != nil {
		return s.topicToChange(r)
	}
	visible, shadowed, err := s.visibleTopics(r)
	if err != nil {
		return news.Topic{}, err
	}
	for _, t := range append(visible, shadowed...) {
		if t.ID != id {
			continue
		}
		if !s.viewer(r).MayChangeTopic(t) {
			return s.topicToChange(r)
		}
		return t, nil
	}
	return news.Topic{}, notFound("This topic was removed meanwhile. What the form had can be followed anew.")
}

// topicAction handles a POST that does one thing with a topic that the viewer may change, and shows the topic again.
func (s *server) topicAction(do func(context.Context, news.Topic) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		t, err := s.topicToChange(r)
		if err == nil {
			err = do(r.Context(), t)
		}
		if err != nil {
			return err
		}
		http.Redirect(w, r, linkTopic(t).URL, http.StatusSeeOther)
		return nil
	}
}

// seeTopic marks what is new of a topic as seen by the viewer. Other users see it as new still.
func (s *server) seeTopic(w http.ResponseWriter, r *http.Request) error {
	t, err := s.findTopic(r)
	if err == nil {
		err = s.backend.SeeTopic(r.Context(), t, s.viewer(r).User.ID)
	}
	if err != nil {
		return err
	}
	return redirect(w, r, linkTopic(t).URL)
}

func (s *server) renewSecret(ctx context.Context, t news.Topic) error {
	return s.backend.SetTopicSecret(ctx, t.ID, rand.Text())
}

func (s *server) revokeSecret(ctx context.Context, t news.Topic) error {
	return s.backend.SetTopicSecret(ctx, t.ID, "")
}

func (s *server) removeTopic(w http.ResponseWriter, r *http.Request) error {
	t, err := s.topicToChange(r)
	if err != nil {
		return err
	}
	if err := s.backend.RemoveTopic(r.Context(), t.User, t.Name); err != nil {
		return fmt.Errorf("remove topic: %w", err)
	}
	http.Redirect(w, r, "/topics", http.StatusSeeOther)
	return nil
}
