package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/schedule"
)

type alertsView struct {
	Topic  link
	Add    string // where a form for a new alert goes
	Kinds  []alertKind
	Alerts []alertView
	Form   *alertForm // nil where no kind is chosen
	Notice string
	Failed string // what a receiver said against a test
	Secret string // of a webhook that was just added
}

// alertKind is a kind of alert to choose.
type alertKind struct {
	Name, Words, URL string
	Current          bool
}

// alertForm is the form of one alert. It has the fields that its kind needs.
type alertForm struct {
	Action, Button string
	Kind           news.AlertKind
	Heading        string
	Target         string      // an address; of ntfy the topic alone
	Server         string      // of ntfy and Matrix
	Chat           *chatLabels // of kinds that have a target and a token; nil for others
	Keeps          bool        // an empty secret or token leaves what there is
	When           string      // once, every, at or own
	Own            string      // a schedule that the form has no fields for, in words
	Every, Days    []settingOption
	At, AndAt      string
	QuietFrom      string
	QuietTo        string
	Zone           string
	AgainOutlets   string
	AgainOriginal  bool
	Errors         map[string]string // by field; "" is the whole form
}

type alertView struct {
	Name, Target, When string
	Next               timestamp // when a digest goes out
	State, Class       string
	Problem            string
	Retry              timestamp
	Actions            receiverActions
}

// receiverActions are where the forms and links of a receiver lead, for the template of that name.
type receiverActions struct {
	Called               string // what readers know it by
	Test, Change, Remove string
}

// chatLabels are what the form of a chat or push service asks for.
type chatLabels struct {
	Server          bool // of the server and of the target on it, not of an address in one field
	Target, Example string
	Token           string // "" where the token is a part of the target
	Hint            string
}

// chatLabelsOf gives the labels of a kind, or nil for those with a form of their own.
func chatLabelsOf(k news.AlertKind, l *locale.Locale) *chatLabels {
	switch k {
	case news.AlertTelegram:
		return &chatLabels{Target: l.Text("Chat: @channel, or its number"), Example: "@rates_news", Token: l.Text("Token of the bot"), Hint: l.Text("@BotFather makes bots. The bot has to be a member of the chat, or an administrator of the channel.")}
	case news.AlertMatrix:
		return &chatLabels{Server: true, Target: l.Text("Room, by its internal id"), Example: "!abc:example.org", Token: l.Text("Access token"), Hint: l.Text("The account has to be a member of the room, which must not be encrypted. The id stands in the advanced settings of the room.")}
	case news.AlertSlack:
		return &chatLabels{Target: l.Text("Address of the webhook"), Example: "https://hooks.slack.com/services/T000/B000/KEY", Hint: l.Text("An app of yours has it, under Incoming Webhooks. Its last part is a key, which is shown nowhere.")}
	case news.AlertDiscord:
		return &chatLabels{Target: l.Text("Address of the webhook"), Example: "https://discord.com/api/webhooks/NUMBER/KEY", Hint: l.Text("The settings of the channel have it, under Integrations. Its last part is a key, which is shown nowhere.")}
	case news.AlertGotify:
		return &chatLabels{Target: l.Text("Address of the server"), Example: "https://push.example.org", Token: l.Text("Token of the application")}
	case news.AlertPushover:
		return &chatLabels{Target: l.Text("Key of the user or group"), Token: l.Text("Token of the application")}
	case news.AlertEmail, news.AlertNtfy, news.AlertWebhook:
	}
	return nil
}

// The parts of a form that say when an alert tells.
const (
	whenOnce  = "once"
	whenEvery = "every"
	whenAt    = "at"
	whenOwn   = "own" // as it is
)

func kindName(k news.AlertKind, l *locale.Locale) string {
	switch k {
	case news.AlertEmail:
		return l.Text("e-mail")
	case news.AlertNtfy:
		return "ntfy"
	case news.AlertWebhook:
		return "webhook"
	case news.AlertTelegram:
		return "Telegram"
	case news.AlertMatrix:
		return "Matrix"
	case news.AlertSlack:
		return "Slack"
	case news.AlertDiscord:
		return "Discord"
	case news.AlertGotify:
		return "Gotify"
	case news.AlertPushover:
		return "Pushover"
	}
	return string(k)
}

// scheduleWords writes schedules for a reader.
func scheduleWords(l *locale.Locale) schedule.Words {
	utc := l.WithZone(time.UTC)
	return schedule.Words{Text: l.Text, Clock: func(c schedule.Clock) string {
		return utc.Hour(time.Date(2000, 1, 1, 0, int(c), 0, 0, time.UTC))
	}}
}

// scheduleOf reads the schedule of a stored alert. One that can't be read tells at once, as the queue does.
func scheduleOf(a news.Alert) schedule.Schedule {
	when, err := schedule.Parse(a.Schedule)
	if err != nil {
		return schedule.Schedule{}
	}
	return when
}

// scheduleText is a schedule in words, with its zone where that is not the reader's.
func scheduleText(when schedule.Schedule, zone string, l *locale.Locale) string {
	text := when.In(scheduleWords(l))
	zone = cmp.Or(zone, "UTC")
	if when.AtOnce() && !when.Quiet.Any() || zone == l.Zone.String() {
		return text
	}
	if _, err := schedule.Zone(zone); err != nil {
		return l.Text("%s (by UTC, since the time zone %s is not known any more)", text, zone)
	}
	return l.Text("%s (by the clocks of %s)", text, strings.ReplaceAll(zone, "_", " "))
}

func alertViewOf(a news.Alert, page string, l *locale.Locale) alertView {
	id, when := fmt.Sprintf("%s/%d", page, a.ID), scheduleOf(a)
	v := alertView{
		Name: kindName(a.Kind, l), Target: a.Target, When: scheduleText(when, a.Zone, l), State: l.Text("ok"), Class: "good", Problem: l.Known(a.Problem),
		Actions: receiverActions{Called: a.Target, Test: id + "/test", Remove: id + "/remove", Change: fmt.Sprintf("%s?change=%d#form", page, a.ID)},
	}
	if !when.AtOnce() {
		v.Next = timestampOf(when.Next(l.Now, schedule.ZoneOf(a.Zone)), l)
	}
	switch {
	case a.Ended:
		v.State, v.Class = l.Text("ended"), "bad"
	case a.Problem != "":
		v.State, v.Class, v.Retry = l.Text("failing|alert"), "bad", timestampOf(a.Next, l)
	case a.Waiting > 0:
		v.State, v.Class = l.Text("%d waiting", a.Waiting), "idle"
	}
	return v
}

func (s *server) alerts(w http.ResponseWriter, r *http.Request) error {
	t, err := s.findTopic(r)
	if err != nil {
		return err
	}
	list, err := s.alertsOf(r, t)
	if err != nil {
		return err
	}
	l, q := s.locale(r), r.URL.Query()
	view := alertsView{}
	if q.Has("removed") {
		view.Notice = l.Text("The alert is removed.")
	}
	for _, a := range list {
		id := strconv.FormatInt(a.ID, 10)
		if q.Get("change") == id {
			view.Form = changeForm(a, t, l)
		}
		if id == q.Get("added") || id == q.Get("changed") || id == q.Get("tested") {
			view.say(a, q.Has("added"), l)
		}
	}
	if kind := news.AlertKind(q.Get("kind")); slices.Contains(news.AlertKinds, kind) {
		view.Form = newForm(news.Alert{Kind: kind, Zone: l.Zone.String()}, t, l)
	}
	return s.showAlerts(w, r, http.StatusOK, t, list, view)
}

// say writes what came of an alert's test, which was just made.
func (v *alertsView) say(a news.Alert, added bool, l *locale.Locale) {
	switch {
	case a.Problem != "" && a.Kind == news.AlertWebhook && added:
		v.Notice, v.Failed = l.Text("%s is an alert now, but its test failed. A receiver that checks signatures needs the secret first.", a.Target), l.Known(a.Problem)
	case a.Problem != "" && added:
		v.Notice, v.Failed = l.Text("%s is an alert now, but its test failed.", a.Target), l.Known(a.Problem)
	case a.Problem != "":
		v.Failed = l.Text("%s did not take the test: %s", a.Target, l.Known(a.Problem))
	case added:
		v.Notice = l.Text("A test was sent to %s, and taken. From now on it is told of what is new.", a.Target)
	default:
		v.Notice = l.Text("A test was sent to %s, and taken.", a.Target)
	}
}

// alertsOf gives the alerts of a topic that the viewer sees.
func (s *server) alertsOf(r *http.Request, t news.Topic) ([]news.Alert, error) {
	list, err := s.backend.Alerts(r.Context(), t.ID)
	if err != nil {
		return nil, fmt.Errorf("alerts of topic %q: %w", t.Name, err)
	}
	v := s.viewer(r)
	return slices.DeleteFunc(list, func(a news.Alert) bool { return !v.SeesAlert(t, a) }), nil
}

func (s *server) showAlerts(w http.ResponseWriter, r *http.Request, status int, t news.Topic, list []news.Alert, view alertsView) error {
	l := s.locale(r)
	view.Topic = linkTopic(t)
	view.Add = view.Topic.URL + "/alerts"
	for _, a := range list {
		view.Alerts = append(view.Alerts, alertViewOf(a, view.Add, l))
	}
	for _, k := range news.AlertKinds {
		words := map[news.AlertKind]string{
			news.AlertEmail:    l.Text("a digest, or a mail for each story"),
			news.AlertNtfy:     l.Text("a push message on a phone"),
			news.AlertTelegram: l.Text("a message to a chat"),
			news.AlertMatrix:   l.Text("a message to a room"),
			news.AlertSlack:    l.Text("a message to a channel"),
			news.AlertDiscord:  l.Text("a message to a channel"),
			news.AlertGotify:   l.Text("a push message on a phone"),
			news.AlertPushover: l.Text("a push message on a phone"),
			news.AlertWebhook:  l.Text("a signed request to a program"),
		}[k]
		view.Kinds = append(view.Kinds, alertKind{
			Name: kindName(k, l), Words: words, URL: view.Add + "?kind=" + string(k) + "#form", Current: view.Form != nil && view.Form.Kind == k && !view.Form.Keeps,
		})
	}
	return s.write(w, r, status, "alerts", page{Title: l.Text("Alerts of %s", t.Name), Nav: view.Topic.URL, Body: view, secret: view.Secret != ""})
}

// newForm is the form for a new alert of a kind.
func newForm(a news.Alert, t news.Topic, l *locale.Locale) *alertForm {
	if a.Kind == news.AlertEmail && a.Schedule == "" {
		a.Schedule = schedule.Schedule{Days: schedule.EveryDay, At: []schedule.Clock{7 * 60}}.String()
	}
	f := alertFormOf(a, l)
	f.Action, f.Button = linkTopic(t).URL+"/alerts", l.Text("Add and test")
	switch a.Kind {
	case news.AlertEmail:
		f.Heading = l.Text("A new alert by e-mail")
	case news.AlertWebhook:
		f.Heading = l.Text("A new alert by webhook")
	default:
		f.Heading = l.Text("A new alert by %s", kindName(a.Kind, l))
	}
	return f
}

// changeForm is the form to change an alert.
func changeForm(a news.Alert, t news.Topic, l *locale.Locale) *alertForm {
	f := alertFormOf(a, l)
	f.Action, f.Button = fmt.Sprintf("%s/alerts/%d", linkTopic(t).URL, a.ID), l.Text("Change and test")
	f.Heading, f.Keeps = l.Text("Change the alert of %s", a.Target), true
	return f
}

// alertFormOf is a form with the values of an alert.
func alertFormOf(a news.Alert, l *locale.Locale) *alertForm {
	f := &alertForm{Kind: a.Kind, Target: a.Target, When: whenOnce, Zone: cmp.Or(a.Zone, "UTC"), AgainOriginal: a.AgainOriginal, At: "07:00", Errors: map[string]string{}}
	f.Chat = chatLabelsOf(a.Kind, l)
	switch {
	case a.Kind.KeyInAddress(): // without its key the address is not one that could be sent again
		f.Target = ""
	case asksServer(a.Kind):
		f.Server = a.Kind.Server()
		if u, err := url.Parse(a.Target); err == nil && u.Host != "" {
			at := strings.LastIndexByte(a.Target, '/')
			f.Server, f.Target = a.Target[:at], a.Target[at+1:]
		}
	case a.Kind.Server() != "":
		f.Target = strings.TrimPrefix(a.Target, a.Kind.Server()+"/")
	}
	if a.AgainOutlets > 0 {
		f.AgainOutlets = strconv.Itoa(a.AgainOutlets)
	}
	when, words := scheduleOf(a), scheduleWords(l)
	days, every := schedule.EveryDay, 2*time.Hour
	switch {
	case when.Cron != "":
		f.When, f.Own = whenOwn, scheduleText(when, a.Zone, l)
	case len(when.At) > 0:
		f.When, days, f.At = whenAt, when.Days, when.At[0].String()
		if len(when.At) > 1 {
			f.AndAt = when.At[1].String()
		}
	case when.Every > 0:
		f.When, every = whenEvery, when.Every
	}
	if when.Quiet.Any() {
		f.QuietFrom, f.QuietTo = when.Quiet.From.String(), when.Quiet.To.String()
	}
	choices := []schedule.Days{schedule.EveryDay, schedule.Weekdays, schedule.Weekend}
	for i := range 7 {
		choices = append(choices, 1<<((i+1)%7)) // from Monday on
	}
	if !slices.Contains(choices, days) {
		choices = append(choices, days)
	}
	for _, d := range choices {
		f.Days = append(f.Days, settingOption{Value: d.String(), Label: d.In(words), Chosen: d == days})
	}
	for _, e := range schedule.Intervals() {
		text := schedule.Schedule{Every: e}
		f.Every = append(f.Every, settingOption{Value: text.String(), Label: text.In(words), Chosen: e == every})
	}
	return f
}

// asksServer reports whether the form of a kind asks for a server and for the target on it.
func asksServer(k news.AlertKind) bool { return k == news.AlertNtfy || k == news.AlertMatrix }

// readAlertForm reads the form of an alert into a, which has its kind. It returns the form as it was sent, with what is wrong.
func readAlertForm(r *http.Request, a *news.Alert, l *locale.Locale) (sent func(*alertForm), wrong map[string]string) {
	get := func(key string) string { return strings.TrimSpace(r.PostForm.Get(key)) }
	wrong = map[string]string{}
	had := a.Target
	a.Target, a.Zone, a.Secret = get("target"), get("zone"), "" // an empty secret keeps the one there is
	switch {
	case a.Kind.KeyInAddress():
		a.Target = cmp.Or(a.Target, had)
	case asksServer(a.Kind) && a.Target != "":
		a.Target = strings.TrimRight(cmp.Or(get("server"), a.Kind.Server()), "/") + "/" + strings.TrimLeft(a.Target, "/")
	}
	switch {
	case a.Kind == news.AlertWebhook:
		a.Secret = get("secret")
	case a.Kind.TakesToken():
		a.Secret = get("token")
	}
	if a.AgainOriginal = get("again_original") != ""; get("again_outlets") != "" {
		var err error
		if a.AgainOutlets, err = strconv.Atoi(get("again_outlets")); err != nil {
			wrong["again_outlets"] = l.Text("%q is no number of outlets.", get("again_outlets"))
		}
	} else {
		a.AgainOutlets = 0
	}
	when := get("when")
	switch {
	case a.Kind != news.AlertEmail || when == whenOnce:
		a.Schedule = "at once"
	case when == whenEvery:
		a.Schedule = get("every")
	case when == whenOwn: // a.Schedule stays
	default:
		when = whenAt
		a.Schedule = get("days") + " at " + get("at")
		if and := get("and_at"); and != "" {
			a.Schedule += " and " + and
		}
	}
	if from, to := get("quiet_from"), get("quiet_to"); when != whenAt && when != whenOwn && (from != "" || to != "") {
		a.Schedule += ", not from " + from + " to " + to
		if from == "" || to == "" {
			wrong["schedule"] = l.Text("Quiet hours need a begin and an end.")
		}
	}
	return func(f *alertForm) {
		if !f.Kind.KeyInAddress() { // its key is not shown again
			f.Target = get("target")
		}
		f.Server, f.When = get("server"), cmp.Or(when, whenOnce)
		f.At, f.AndAt, f.QuietFrom, f.QuietTo, f.Zone = get("at"), get("and_at"), get("quiet_from"), get("quiet_to"), get("zone")
		f.AgainOutlets, f.AgainOriginal = get("again_outlets"), get("again_original") != ""
		for _, list := range []struct {
			options []settingOption
			value   string
		}{{f.Every, get("every")}, {f.Days, get("days")}} {
			if slices.ContainsFunc(list.options, func(o settingOption) bool { return o.Value == list.value }) {
				for i := range list.options {
					list.options[i].Chosen = list.options[i].Value == list.value
				}
			}
		}
		f.Errors = wrong
	}, wrong
}

func (s *server) addAlert(w http.ResponseWriter, r *http.Request) error {
	t, err := s.findTopic(r)
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	l := s.locale(r)
	a := news.Alert{Topic: t.ID, User: s.viewer(r).User.ID, Kind: news.AlertKind(r.PostForm.Get("kind"))}
	if !slices.Contains(news.AlertKinds, a.Kind) {
		return badRequest("%q is no kind of alert.", string(a.Kind))
	}
	sent, wrong := readAlertForm(r, &a, l)
	refuse := func(status int) error {
		f := newForm(news.Alert{Kind: a.Kind}, t, l)
		sent(f)
		return s.refuseAlert(w, r, status, t, f)
	}
	if len(wrong) > 0 {
		return refuse(http.StatusBadRequest)
	}
	added, err := s.backend.AddAlert(r.Context(), a)
	if status, err := alertProblem(err, a, wrong, l); err != nil {
		return fmt.Errorf("add an alert to topic %q: %w", t.Name, err)
	} else if status != 0 {
		return refuse(status)
	}
	if err := s.tryAlert(r, added.ID); err != nil {
		return err
	}
	if a.Kind != news.AlertWebhook || a.Secret != "" {
		s.backTo(w, r, t, "added", added.ID)
		return nil
	}
	// Its secret is shown this once, so that the page is not another one that a reload would show again.
	list, err := s.alertsOf(r, t)
	if err != nil {
		return err
	}
	view := alertsView{Secret: added.Secret}
	for _, has := range list {
		if has.ID == added.ID {
			view.say(has, true, l)
		}
	}
	return s.showAlerts(w, r, http.StatusCreated, t, list, view)
}

// alertProblem adds to wrong what is wrong with an alert, and gives the status of the answer, 0 where nothing is. It gives errors of other kinds
// back.
func alertProblem(err error, a news.Alert, wrong map[string]string, l *locale.Locale) (int, error) {
	var is *news.AlertError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &is):
		field := is.Field
		if field == "kind" { // the whole form is of one kind
			field = ""
		}
		wrong[field] = sentence(l, is)
		return http.StatusBadRequest, nil
	case errors.Is(err, news.ErrExists):
		told := a.Target
		if a.Kind.KeyInAddress() {
			told = kindName(a.Kind, l)
		}
		wrong["target"] = l.Text("%s is told of this topic already.", told)
		return http.StatusConflict, nil
	}
	return 0, err
}

// refuseAlert shows a form again.
func (s *server) refuseAlert(w http.ResponseWriter, r *http.Request, status int, t news.Topic, f *alertForm) error {
	list, err := s.alertsOf(r, t)
	if err != nil {
		return err
	}
	return s.showAlerts(w, r, status, t, list, alertsView{Form: f})
}

// tryAlert tests an alert. What the receiver says against it is kept with the alert.
func (s *server) tryAlert(r *http.Request, id int64) error {
	err := s.backend.TestAlert(r.Context(), id)
	var refused *news.AlertError
	if err != nil && !errors.As(err, &refused) {
		return fmt.Errorf("test alert %d: %w", id, err)
	}
	return nil
}

// backTo leads to the alerts of a topic, which say what was done with one.
func (s *server) backTo(w http.ResponseWriter, r *http.Request, t news.Topic, done string, id int64) {
	http.Redirect(w, r, fmt.Sprintf("%s/alerts?%s=%d", linkTopic(t).URL, done, id), http.StatusSeeOther)
}

// topicAlert gives the topic and the alert that the path names, if the viewer sees it.
func (s *server) topicAlert(r *http.Request) (news.Topic, news.Alert, error) {
	t, err := s.findTopic(r)
	if err != nil {
		return t, news.Alert{}, err
	}
	id, err := pathID(r)
	if err != nil {
		return t, news.Alert{}, err
	}
	list, err := s.alertsOf(r, t)
	if err != nil {
		return t, news.Alert{}, err
	}
	for _, a := range list {
		if a.ID == id {
			return t, a, nil
		}
	}
	return t, news.Alert{}, notFound("This topic has no such alert.")
}

func (s *server) changeAlert(w http.ResponseWriter, r *http.Request) error {
	t, a, err := s.topicAlert(r)
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	l := s.locale(r)
	to := a
	sent, wrong := readAlertForm(r, &to, l)
	refuse := func(status int) error {
		f := changeForm(a, t, l)
		sent(f)
		return s.refuseAlert(w, r, status, t, f)
	}
	if len(wrong) > 0 {
		return refuse(http.StatusBadRequest)
	}
	_, err = s.backend.ChangeAlert(r.Context(), to)
	if status, err := alertProblem(err, to, wrong, l); err != nil {
		return fmt.Errorf("change alert %d: %w", a.ID, err)
	} else if status != 0 {
		return refuse(status)
	}
	if err := s.tryAlert(r, a.ID); err != nil {
		return err
	}
	s.backTo(w, r, t, "changed", a.ID)
	return nil
}

func (s *server) removeAlert(w http.ResponseWriter, r *http.Request) error {
	t, a, err := s.topicAlert(r)
	if err != nil {
		return err
	}
	if err := s.backend.RemoveAlert(r.Context(), a.ID); err != nil {
		return fmt.Errorf("remove alert %d: %w", a.ID, err)
	}
	s.backTo(w, r, t, "removed", a.ID)
	return nil
}

func (s *server) testAlert(w http.ResponseWriter, r *http.Request) error {
	t, a, err := s.topicAlert(r)
	if err != nil {
		return err
	}
	if err := s.tryAlert(r, a.ID); err != nil {
		return err
	}
	s.backTo(w, r, t, "tested", a.ID)
	return nil
}
