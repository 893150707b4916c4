package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/saveto"
)

// SavingStore keeps the services to which users save articles, and what was saved.
type SavingStore interface {
	SaveTargets(ctx context.Context, user int64) ([]news.SaveTarget, error)
	SaveTarget(ctx context.Context, user, id int64) (news.SaveTarget, error)
	RemoveSaveTarget(ctx context.Context, user, id int64) error
	// SavingsOf gives how an article was saved to the targets of a user.
	SavingsOf(ctx context.Context, user, article int64) ([]news.Saving, error)
	// FailedSavings gives what was given up of a target.
	FailedSavings(ctx context.Context, target int64, limit int) ([]news.Saving, error)
}

// Saver adds, changes and checks targets, and saves articles. What is wrong with what is sent is a *news.SaveError.
type Saver interface {
	// AddSaveTarget and ChangeSaveTarget give the target as stored. An empty secret stays.
	AddSaveTarget(ctx context.Context, t news.SaveTarget) (news.SaveTarget, error)
	ChangeSaveTarget(ctx context.Context, t news.SaveTarget) (news.SaveTarget, error)
	// CheckSaveTarget logs in and saves nothing. What the service says against it is a *news.SaveError, and the target's problem then.
	CheckSaveTarget(ctx context.Context, user, id int64) error
	// SaveArticle gives the saving of before where the article waits or was saved already, unless it is to be saved again.
	SaveArticle(ctx context.Context, user, target int64, a news.Article, again bool) (before *news.Saving, err error)
	RetrySavings(ctx context.Context, user, target int64) error
}

// maxFailedSavings limits how many articles that were given up the page lists for a target.
const maxFailedSavings = 20

// savingPath is the page of a user's targets.
const savingPath = "/settings/saving"

type savingView struct {
	Targets []targetView
	Kinds   []alertKind
	Form    *targetForm // nil where no service is chosen
	Notice  string
	Failed  string // what a service said against a check
}

type targetView struct {
	Name, Service, Address string
	State, Class, Problem  string
	Next                   timestamp
	GivenUp                []givenUp
	Retry                  string // where the form goes that has what was given up tried again
	Actions                receiverActions
}

// givenUp is an article that could not be saved.
type givenUp struct {
	Title, Page, Problem string
}

type targetForm struct {
	Action, Heading, Button string
	Kind, Name, Address     string
	Own                     bool // the user runs the server, so its address is asked for
	Keeps                   bool // empty secrets leave what there is
	Fields                  []targetField
	Errors                  map[string]string // by field; "" is the whole form
}

type targetField struct {
	saveto.Field
	Label, Value string
}

// articleSaving is what an article's page says of a target.
type articleSaving struct {
	Target  int64
	Name    string
	State   news.SavingState // "" where it was never saved there
	Since   timestamp
	Problem string
}

func (s *server) saving(w http.ResponseWriter, r *http.Request) error {
	l, q := s.locale(r), r.URL.Query()
	targets, err := s.backend.SaveTargets(r.Context(), s.viewer(r).User.ID)
	if err != nil {
		return fmt.Errorf("targets of savings: %w", err)
	}
	var view savingView
	switch {
	case q.Has("removed"):
		view.Notice = l.Text("It is removed, with what waited to be saved to it.")
	case q.Has("retried"):
		view.Notice = l.Text("What was given up is tried again.")
	}
	for _, t := range targets {
		id := strconv.FormatInt(t.ID, 10)
		if q.Get("change") == id {
			view.Form = changeTargetForm(t, l)
		}
		if q.Get("checked") == id && t.Problem != "" {
			view.Failed = l.Text("%s does not answer as it should: %s", t.Name, l.Known(t.Problem))
		} else if q.Get("checked") == id {
			view.Notice = l.Text("%s answers and takes the login. Nothing was saved.", t.Name)
		}
	}
	if service, ok := saveto.Find(q.Get("kind")); ok {
		view.Form = newTargetForm(service, news.SaveTarget{}, l)
	}
	return s.showSaving(w, r, http.StatusOK, targets, view)
}

func (s *server) showSaving(w http.ResponseWriter, r *http.Request, status int, targets []news.SaveTarget, view savingView) error {
	l := s.locale(r)
	for _, t := range targets {
		v := targetViewOf(t, l)
		if t.Failed > 0 {
			failed, err := s.backend.FailedSavings(r.Context(), t.ID, maxFailedSavings)
			if err != nil {
				return fmt.Errorf("savings to %s: %w", t.Name, err)
			}
			for _, f := range failed {
				v.GivenUp = append(v.GivenUp, givenUp{cmp.Or(f.Title, f.URL), articlePath(f.Article), l.Known(f.Problem)})
			}
		}
		view.Targets = append(view.Targets, v)
	}
	for _, service := range saveto.Services() {
		view.Kinds = append(view.Kinds, alertKind{
			Name: service.Title, URL: savingPath + "?kind=" + service.Kind + "#form", Current: view.Form != nil && view.Form.Kind == service.Kind && !view.Form.Keeps,
		})
	}
	return s.write(w, r, status, "saving", page{Title: l.Text("Services to save to"), Nav: "settings", Body: view})
}

func targetViewOf(t news.SaveTarget, l *locale.Locale) targetView {
	path := fmt.Sprintf("%s/%d", savingPath, t.ID)
	service, _ := saveto.Find(t.Kind)
	v := targetView{
		Name: t.Name, Service: cmp.Or(service.Title, t.Kind), Address: t.Address, State: l.Text("ok"), Class: "good", Problem: l.Known(t.Problem),
		Retry: path + "/retry", Actions: receiverActions{Called: t.Name, Test: path + "/test", Remove: path + "/remove", Change: fmt.Sprintf("%s?change=%d#form", savingPath, t.ID)},
	}
	switch {
	case t.Problem != "":
		v.State, v.Class, v.Next = l.Text("failing|alert"), "bad", timestampOf(t.Next, l)
	case t.Waiting > 0:
		v.State, v.Class = l.Text("%d waiting", t.Waiting), "idle"
	}
	return v
}

func newTargetForm(service saveto.Service, t news.SaveTarget, l *locale.Locale) *targetForm {
	f := targetFormOf(service, t, l)
	f.Action, f.Heading, f.Button = savingPath, l.Text("Save to %s", service.Title), l.Text("Add and test")
	return f
}

func changeTargetForm(t news.SaveTarget, l *locale.Locale) *targetForm {
	service, _ := saveto.Find(t.Kind)
	f := targetFormOf(service, t, l)
	f.Action, f.Heading, f.Button, f.Keeps = fmt.Sprintf("%s/%d", savingPath, t.ID), l.Text("Change %s", t.Name), l.Text("Change and test"), true
	return f
}

// targetFormOf is a form with the values of a target, without its secrets.
func targetFormOf(service saveto.Service, t news.SaveTarget, l *locale.Locale) *targetForm {
	f := &targetForm{Kind: service.Kind, Name: cmp.Or(t.Name, service.Title), Address: t.Address, Own: service.Address == "", Errors: map[string]string{}}
	for _, field := range service.Fields {
		shown := targetField{Field: field, Label: l.Text(field.Label)}
		if !field.Secret {
			shown.Value = t.Fields[field.Name]
		}
		f.Fields = append(f.Fields, shown)
	}
	return f
}

// readTarget reads the form of a target of a service.
func readTarget(r *http.Request, service saveto.Service) news.SaveTarget {
	t := news.SaveTarget{Kind: service.Kind, Name: r.PostForm.Get("name"), Address: r.PostForm.Get("address"), Fields: map[string]string{}}
	for _, f := range service.Fields {
		t.Fields[f.Name] = r.PostForm.Get("field_" + f.Name)
	}
	return t
}

func (s *server) addTarget(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	service, ok := saveto.Find(r.PostForm.Get("kind"))
	if !ok {
		return badRequest("There is no such service.")
	}
	t := readTarget(r, service)
	t.User = s.viewer(r).User.ID
	added, err := s.backend.AddSaveTarget(r.Context(), t)
	if err != nil {
		return s.refuseTarget(w, r, err, newTargetForm(service, t, s.locale(r)))
	}
	return s.checkedTarget(w, r, added.ID)
}

func (s *server) changeTarget(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	t, err := s.backend.SaveTarget(r.Context(), s.viewer(r).User.ID, id)
	if err != nil {
		return fmt.Errorf("target of savings %d: %w", id, err)
	}
	if err := readForm(r); err != nil {
		return err
	}
	service, _ := saveto.Find(t.Kind)
	changed := readTarget(r, service)
	changed.ID, changed.User = t.ID, t.User
	if _, err := s.backend.ChangeSaveTarget(r.Context(), changed); err != nil {
		return s.refuseTarget(w, r, err, changeTargetForm(changed, s.locale(r)))
	}
	return s.checkedTarget(w, r, t.ID)
}

// refuseTarget shows a form again, with what is wrong.
func (s *server) refuseTarget(w http.ResponseWriter, r *http.Request, err error, f *targetForm) error {
	var wrong *news.SaveError
	status := http.StatusBadRequest
	switch {
	case errors.As(err, &wrong):
		field := wrong.Field
		if field == "kind" {
			field = ""
		}
		f.Errors[field] = sentence(s.locale(r), wrong)
	case errors.Is(err, news.ErrExists):
		status, f.Errors["name"] = http.StatusConflict, s.locale(r).Text("There is one of this name already.")
	default:
		return fmt.Errorf("target of savings: %w", err)
	}
	targets, err := s.backend.SaveTargets(r.Context(), s.viewer(r).User.ID)
	if err != nil {
		return fmt.Errorf("targets of savings: %w", err)
	}
	return s.showSaving(w, r, status, targets, savingView{Form: f})
}

// checkedTarget checks a target, and leads to the page, which says what came of it.
func (s *server) checkedTarget(w http.ResponseWriter, r *http.Request, id int64) error {
	err := s.backend.CheckSaveTarget(r.Context(), s.viewer(r).User.ID, id)
	var refused *news.SaveError
	if err != nil && !errors.As(err, &refused) {
		return fmt.Errorf("check target of savings %d: %w", id, err)
	}
	return redirect(w, r, fmt.Sprintf("%s?checked=%d", savingPath, id))
}

func (s *server) checkTarget(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.checkedTarget(w, r, id)
}

func (s *server) removeTarget(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return orRedirect(w, r, s.backend.RemoveSaveTarget(r.Context(), s.viewer(r).User.ID, id), savingPath+"?removed")
}

// retryTarget has what was given up tried again.
func (s *server) retryTarget(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return orRedirect(w, r, s.backend.RetrySavings(r.Context(), s.viewer(r).User.ID, id), savingPath+"?retried")
}

// saveArticle saves an article to a target of the viewer, and goes back to the article, which says how far that is.
func (s *server) saveArticle(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	target, err := strconv.ParseInt(cmp.Or(r.PostForm.Get("again"), r.PostForm.Get("target")), 10, 64)
	if err != nil {
		return badRequest("There is no such service.")
	}
	a, err := s.backend.Article(r.Context(), id)
	if err != nil {
		return fmt.Errorf("article %d: %w", id, err)
	}
	before, err := s.backend.SaveArticle(r.Context(), s.viewer(r).User.ID, target, a, r.PostForm.Has("again"))
	var wrong *news.SaveError
	if errors.As(err, &wrong) {
		return badRequest(sentence(s.locale(r), wrong))
	}
	if err != nil {
		return fmt.Errorf("save article %d: %w", id, err)
	}
	back := backWith(backOf(r), func(q url.Values) {
		if before != nil {
			q.Set("already", strconv.FormatInt(target, 10))
		}
	})
	back.Fragment = "save"
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
	return nil
}

// savingsOf gives what an article's page says of each target of the viewer, and what a click came to that found the article saved.
func (s *server) savingsOf(r *http.Request, article int64) (all []articleSaving, said string, err error) {
	user, l := s.viewer(r).User.ID, s.locale(r)
	targets, err := s.backend.SaveTargets(r.Context(), user)
	if err != nil || len(targets) == 0 {
		return nil, "", err
	}
	savings, err := s.backend.SavingsOf(r.Context(), user, article)
	if err != nil {
		return nil, "", err
	}
	for _, t := range targets {
		v := articleSaving{Target: t.ID, Name: t.Name}
		for _, one := range savings {
			if one.Target == t.ID {
				v.State, v.Since, v.Problem = one.State, timestampOf(one.Since, l), l.Known(one.Problem)
			}
		}
		if r.URL.Query().Get("already") == strconv.FormatInt(t.ID, 10) && v.State == news.SavingDone {
			said = l.Text("This article is saved to %s already.", t.Name)
		}
		all = append(all, v)
	}
	return all, said, nil
}
