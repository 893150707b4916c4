package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/access"
)

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

const (
	rulesPath       = "/rules"
	ruleChanges     = 30  // articles that the page of a rule shows
	scopedFeeds     = 300 // with more feeds than these, a rule of a feed begins on the feed's page
	scopeFeed       = "feed:"
	scopeFolder     = "folder:"
	ruleTry         = "try" // the button that tries a rule; the other one saves it
	ruleButtonField = "do"
)

type rulesView struct {
	Rules  []ruleView
	One    bool // the page of one rule
	Form   ruleForm
	Notice string
	Done   []ruleArticle // what the one rule did last
}

type ruleView struct {
	Name, Page, Query, Where string
	Acted                    string
	Last                     timestamp
	State, Class             string
	Idle                     string // why it does nothing, and what to do
	Paused, Undo             bool
}

type ruleArticle struct {
	link
	When timestamp
}

// ruleForm is the form of a rule, with what came of trying it.
type ruleForm struct {
	Action, Button, Heading string
	Query, Label            string
	Version                 int64
	Scopes                  []scopeGroup
	Actions, Topics         []settingOption
	Labels                  []string
	Errors                  map[string]string // by field; "" is the whole form
	Trial                   *ruleTrial
}

// scopeGroup has the choices of what a rule is for under one heading; "" is none.
type scopeGroup struct {
	Heading string
	Options []settingOption
}

type ruleTrial struct {
	Found    string
	Advice   string
	Articles []ruleArticle
}

func rulePath(id int64) string { return fmt.Sprintf("%s/%d", rulesPath, id) }

// ruleActionText is what an action is called where it is chosen.
func ruleActionText(a news.RuleAction, l *locale.Locale) string {
	switch a {
	case news.RuleHide:
		return l.Text("hide it")
	case news.RuleRead:
		return l.Text("mark it as read")
	case news.RuleStar:
		return l.Text("star it")
	case news.RuleLabel:
		return l.Text("give it the label")
	case news.RuleTopic:
		return l.Text("send it to the topic")
	}
	return string(a)
}

// ruleName says what a rule does.
func ruleName(r news.UserRule, l *locale.Locale) string {
	switch r.Action {
	case news.RuleHide:
		return l.Text("Hide")
	case news.RuleRead:
		return l.Text("Mark as read")
	case news.RuleStar:
		return l.Text("Star")
	case news.RuleLabel:
		return l.Text("Label “%s”", r.Label)
	case news.RuleTopic:
		if r.TopicName == "" {
			return l.Text("Send to a topic")
		}
		return l.Text("Send to “%s”", r.TopicName)
	}
	return string(r.Action)
}

// ruleIdle says why a rule does nothing, and what to do.
func ruleIdle(r news.UserRule, l *locale.Locale) string {
	switch r.Idle {
	case news.RuleNoFeed:
		return l.Text("Its feed was removed. Choose another one, or remove the rule.")
	case news.RuleNoFolder:
		return l.Text("No feed is in its folder. It goes on when there is one again.")
	case news.RuleNoTopic:
		return l.Text("Its topic was removed, or is not yours to change any more. Choose another one.")
	case news.RuleBadQuery:
		return l.Text("Its search can't be read by this version. Write it anew.")
	}
	return ""
}

func ruleViewOf(r news.UserRule, feeds map[int64]string, l *locale.Locale) ruleView {
	v := ruleView{
		Name: ruleName(r, l), Page: rulePath(r.ID), Query: r.Query, Where: l.Text("in all feeds"), Paused: r.Paused, Undo: r.Applied != 0,
		Acted: l.Text("%d articles changed", r.Acted), Last: timestampOf(r.Last, l), State: l.Text("ok"), Class: "good", Idle: ruleIdle(r, l),
	}
	switch {
	case r.Feed != 0 && feeds[r.Feed] == "":
		v.Where = l.Text("in a removed feed")
	case r.Feed != 0:
		v.Where = l.Text("in %s", feeds[r.Feed])
	case r.Folder != "":
		v.Where = l.Text("in the folder %s", r.Folder)
	}
	switch {
	case r.Paused:
		v.State, v.Class = l.Text("paused"), "idle"
	case r.Idle != "":
		v.State, v.Class = l.Text("does nothing"), "bad"
	}
	return v
}

// rules lists the viewer's rules, and has a form for a new one.
func (s *server) rules(w http.ResponseWriter, r *http.Request) error {
	q, l := r.URL.Query(), s.locale(r)
	rule := news.UserRule{Query: queryOf(r), Folder: q.Get("folder"), Action: news.RuleHide}
	if q.Has("feed") {
		id, err := strconv.ParseInt(q.Get("feed"), 10, 64)
		if err != nil {
			return notFound("There is no page at this address.")
		}
		rule.Feed, rule.Folder = id, ""
	}
	view := rulesView{}
	if q.Has("removed") {
		view.Notice = l.Text("The rule is removed. What it did stays.")
	}
	return s.showRules(w, r, http.StatusOK, view, ruleForm{}, rule)
}

// showRules writes the page of all rules, with a form that has the values of one.
func (s *server) showRules(w http.ResponseWriter, r *http.Request, status int, view rulesView, form ruleForm, rule news.UserRule) error {
	l := s.locale(r)
	list, err := s.backend.UserRules(r.Context(), s.viewer(r).User.ID)
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	feeds, err := s.backend.Feeds(r.Context())
	if err != nil {
		return fmt.Errorf("feeds of rules: %w", err)
	}
	titles := feedTitles(feeds)
	for _, one := range list {
		view.Rules = append(view.Rules, ruleViewOf(one, titles, l))
	}
	form.Action, form.Button, form.Heading = rulesPath, l.Text("Save"), l.Text("Add a rule")
	if view.Form, err = s.fillRuleForm(r, form, rule, feeds); err != nil {
		return err
	}
	return s.write(w, r, status, "rules", page{Title: l.Text("Rules"), Nav: "settings", Body: view})
}

// rule shows a rule, what it did last, and a form to change it.
func (s *server) rule(w http.ResponseWriter, r *http.Request) error {
	rule, err := s.findRule(r)
	if err != nil {
		return err
	}
	q, l := r.URL.Query(), s.locale(r)
	view := rulesView{}
	count := func(key string) int {
		n, _ := strconv.Atoi(q.Get(key)) // what is no number is no count
		return n
	}
	switch {
	case q.Has("added"), q.Has("changed"):
		view.Notice = l.Text("Saved. It acts on articles that come from now on.")
	case q.Has("applied"):
		view.Notice = l.Text("%d articles of the last week changed", count("applied")) + "."
	case q.Has("undone"):
		view.Notice = l.Text("%d articles are as before", count("undone")) + "."
	}
	return s.showRule(w, r, http.StatusOK, view, ruleForm{}, rule, rule)
}

// showRule writes the page of a rule, with a form that has the values of another.
func (s *server) showRule(w http.ResponseWriter, r *http.Request, status int, view rulesView, form ruleForm, rule, filled news.UserRule) error {
	l := s.locale(r)
	changes, err := s.backend.RuleChanges(r.Context(), s.viewer(r).User.ID, rule.ID, ruleChanges)
	if err != nil {
		return fmt.Errorf("rule %d: %w", rule.ID, err)
	}
	feeds, err := s.backend.Feeds(r.Context())
	if err != nil {
		return fmt.Errorf("feeds of rules: %w", err)
	}
	view.One, view.Rules = true, []ruleView{ruleViewOf(rule, feedTitles(feeds), l)}
	for _, c := range changes {
		view.Done = append(view.Done, ruleArticleOf(c.Article, timestampOf(c.At, l), l))
	}
	form.Action, form.Button, form.Heading = rulePath(rule.ID), l.Text("Save"), l.Text("Change this rule")
	if view.Form, err = s.fillRuleForm(r, form, filled, feeds); err != nil {
		return err
	}
	return s.write(w, r, status, "rules", page{Title: ruleName(rule, l), Nav: "settings", Body: view})
}

func ruleArticleOf(a news.Article, when timestamp, l *locale.Locale) ruleArticle {
	title := strings.TrimSpace(a.Title)
	if title == "" {
		title = l.Text("no headline")
	}
	return ruleArticle{link{Name: title, URL: articlePath(a.ID)}, when}
}

func feedTitles(feeds []news.Feed) map[int64]string {
	titles := make(map[int64]string, len(feeds))
	for _, f := range feeds {
		titles[f.ID] = feedTitle(f)
	}
	return titles
}

// fillRuleForm fills in the values of a rule, and what can be chosen.
func (s *server) fillRuleForm(r *http.Request, f ruleForm, rule news.UserRule, feeds []news.Feed) (ruleForm, error) {
	l, v := s.locale(r), s.viewer(r)
	f.Query, f.Label, f.Version = rule.Query, rule.Label, rule.Version
	if f.Errors == nil {
		f.Errors = map[string]string{}
	}
	var folders []string
	var ofFeeds []settingOption
	for _, feed := range feeds {
		if feed.Folder != "" && !slices.Contains(folders, feed.Folder) {
			folders = append(folders, feed.Folder)
		}
		if len(feeds) <= scopedFeeds || feed.ID == rule.Feed {
			id := scopeFeed + strconv.FormatInt(feed.ID, 10)
			ofFeeds = append(ofFeeds, settingOption{Value: id, Label: feedTitle(feed), Chosen: feed.ID == rule.Feed})
		}
	}
	if rule.Feed != 0 && !slices.ContainsFunc(ofFeeds, func(o settingOption) bool { return o.Chosen }) {
		ofFeeds = append(ofFeeds, settingOption{Value: scopeFeed + strconv.FormatInt(rule.Feed, 10), Label: l.Text("a removed feed"), Chosen: true})
	}
	if rule.Folder != "" && !slices.Contains(folders, rule.Folder) {
		folders = append(folders, rule.Folder)
	}
	slices.Sort(folders)
	slices.SortStableFunc(ofFeeds, func(a, b settingOption) int {
		return strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label))
	})
	var ofFolders []settingOption
	for _, name := range folders {
		ofFolders = append(ofFolders, settingOption{Value: scopeFolder + name, Label: name, Chosen: rule.Feed == 0 && name == rule.Folder})
	}
	f.Scopes = []scopeGroup{{"", []settingOption{{Value: "", Label: l.Text("all feeds")}}}, {l.Text("Folders"), ofFolders}, {l.Text("Feeds"), ofFeeds}}
	for _, a := range news.RuleActions {
		f.Actions = append(f.Actions, settingOption{Value: string(a), Label: ruleActionText(a, l), Chosen: a == rule.Action})
	}
	topics, _, err := s.visibleTopics(r)
	if err != nil {
		return f, err
	}
	for _, t := range topics {
		if t.User != 0 || v.May(access.Editor) {
			f.Topics = append(f.Topics, settingOption{Value: strconv.FormatInt(t.ID, 10), Label: t.Name, Chosen: t.ID == rule.Topic})
		}
	}
	if f.Labels, err = s.backend.Labels(r.Context(), v.User.ID); err != nil {
		return f, fmt.Errorf("labels: %w", err)
	}
	return f, nil
}

// readRuleForm reads the form of a rule into one.
func readRuleForm(r *http.Request, rule *news.UserRule) error {
	form := r.PostForm
	rule.Query, rule.Action, rule.Label = strings.TrimSpace(form.Get("query")), news.RuleAction(form.Get("action")), strings.TrimSpace(form.Get("label"))
	rule.Feed, rule.Folder, rule.Topic, rule.TopicName = 0, "", 0, ""
	number := func(text string) (int64, error) {
		if text == "" {
			return 0, nil
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, badRequest("The form could not be read: %s", err.Error())
		}
		return n, nil
	}
	var err error
	scope := form.Get("scope")
	if folder, ok := strings.CutPrefix(scope, scopeFolder); ok {
		rule.Folder = folder
	} else if feed, ok := strings.CutPrefix(scope, scopeFeed); ok {
		if rule.Feed, err = number(feed); err != nil {
			return err
		}
	}
	if rule.Topic, err = number(form.Get("topic")); err != nil {
		return err
	}
	if form.Has("version") {
		rule.Version, err = number(form.Get("version"))
	}
	return err
}

// tryRule gives the form what a rule matches, or what is wrong with it.
func (s *server) tryRule(r *http.Request, rule news.UserRule) (f ruleForm, err error) {
	l := s.locale(r)
	trial, err := s.backend.TryRule(r.Context(), rule)
	if err != nil {
		return f, f.refuse(err, l)
	}
	f.Trial = &ruleTrial{Found: l.Text("%d articles of the last week match, of %d that it is compared with", trial.Total, trial.Of) + "."}
	switch {
	case trial.Total == 0:
		f.Trial.Advice = l.Text("It would have done nothing. It may still match what comes.")
	case trial.Total == trial.Of:
		f.Trial.Advice = l.Text("It matches everything. Narrow it down, unless that is what you want.")
	}
	for _, a := range trial.Newest {
		f.Trial.Articles = append(f.Trial.Articles, ruleArticleOf(a, timestampOf(a.Time(), l), l))
	}
	return f, nil
}

// refuse writes into the form what is wrong with a rule. It returns an error that is not about the rule.
func (f *ruleForm) refuse(err error, l *locale.Locale) error {
	var wrong *news.RuleError
	if !errors.As(err, &wrong) {
		return err
	}
	field := wrong.Field
	switch field {
	case "feed", "folder":
		field = "scope"
	case "rules", "version":
		field = ""
	}
	f.Errors = map[string]string{field: sentence(l, wrong.Err)}
	return nil
}

// addRule adds a rule, or tries it first.
func (s *server) addRule(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	rule := news.UserRule{User: s.viewer(r).User.ID}
	if err := readRuleForm(r, &rule); err != nil {
		return err
	}
	var form ruleForm
	if r.PostForm.Get(ruleButtonField) == ruleTry {
		form, err := s.tryRule(r, rule)
		if err != nil {
			return err
		}
		return s.showRules(w, r, form.status(), rulesView{}, form, rule)
	}
	added, err := s.backend.AddRule(r.Context(), rule)
	if err != nil {
		if err := form.refuse(err, s.locale(r)); err != nil {
			return fmt.Errorf("add a rule: %w", err)
		}
		return s.showRules(w, r, http.StatusBadRequest, rulesView{}, form, rule)
	}
	http.Redirect(w, r, rulePath(added.ID)+"?added", http.StatusSeeOther)
	return nil
}

// status is that of a page with the form.
func (f ruleForm) status() int {
	if len(f.Errors) > 0 {
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// changeRule changes a rule, or tries it with what it is to be.
func (s *server) changeRule(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	rule, err := s.findRule(r)
	if err != nil {
		return err
	}
	changed := rule
	if err := readRuleForm(r, &changed); err != nil {
		return err
	}
	var form ruleForm
	if r.PostForm.Get(ruleButtonField) == ruleTry {
		form, err := s.tryRule(r, changed)
		if err != nil {
			return err
		}
		return s.showRule(w, r, form.status(), rulesView{}, form, rule, changed)
	}
	if _, err := s.backend.ChangeRule(r.Context(), changed); err != nil {
		if err := form.refuse(err, s.locale(r)); err != nil {
			return fmt.Errorf("change rule %d: %w", rule.ID, err)
		}
		changed.Version = rule.Version
		return s.showRule(w, r, http.StatusBadRequest, rulesView{}, form, rule, changed)
	}
	http.Redirect(w, r, rulePath(rule.ID)+"?changed", http.StatusSeeOther)
	return nil
}

// findRule gives the viewer's rule that a path names.
func (s *server) findRule(r *http.Request) (news.UserRule, error) {
	id, err := pathID(r)
	if err != nil {
		return news.UserRule{}, err
	}
	rule, err := s.backend.UserRule(r.Context(), s.viewer(r).User.ID, id)
	if errors.Is(err, news.ErrNotFound) {
		return rule, notFound("You have no such rule.")
	}
	return rule, err
}

// onRule is the handler of a button of a rule. do returns what the rule's page is to say, or "" for the list of rules.
func (s *server) onRule(do func(ctx context.Context, user, id int64) (said string, err error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		rule, err := s.findRule(r)
		if err != nil {
			return err
		}
		said, err := do(r.Context(), rule.User, rule.ID)
		var form ruleForm
		if err != nil {
			if form.refuse(err, s.locale(r)) == nil {
				return s.showRule(w, r, http.StatusBadRequest, rulesView{}, form, rule, rule)
			}
			return fmt.Errorf("rule %d: %w", rule.ID, err)
		}
		to := rulesPath + "?removed"
		if said != "" {
			to = rulePath(rule.ID) + "?" + said
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
}

func (s *server) pauseRule(paused bool) func(context.Context, int64, int64) (string, error) {
	return func(ctx context.Context, user, id int64) (string, error) {
		said := "paused"
		if !paused {
			said = "changed"
		}
		return said, s.backend.PauseRule(ctx, user, id, paused)
	}
}

func (s *server) applyRule(ctx context.Context, user, id int64) (string, error) {
	n, err := s.backend.ApplyRule(ctx, user, id)
	return url.Values{"applied": {strconv.Itoa(n)}}.Encode(), err
}

func (s *server) undoRule(ctx context.Context, user, id int64) (string, error) {
	n, err := s.backend.UndoRule(ctx, user, id)
	if errors.Is(err, news.ErrNotFound) { // another window took it back
		err = nil
	}
	return url.Values{"undone": {strconv.Itoa(n)}}.Encode(), err
}

func (s *server) removeRule(ctx context.Context, user, id int64) (string, error) {
	return "", s.backend.RemoveRule(ctx, user, id)
}
