package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"headwater/internal/locale"
	"headwater/internal/news"
)

// UserStore keeps who has an account, and what an admin decided about access.
type UserStore interface {
	// UserPage gives users by name, those with names after one.
	UserPage(ctx context.Context, after string, limit int) ([]news.User, error)
	// UserByID gives news.ErrNotFound for an unknown user.
	UserByID(ctx context.Context, id int64) (news.User, error)
	// User gives a user with the hash of the password, or news.ErrNotFound.
	User(ctx context.Context, name string) (news.User, string, error)
	// SetRole and RemoveUser give news.ErrLastAdmin where no admin would remain.
	SetRole(ctx context.Context, name string, role news.UserRole) error
	RemoveUser(ctx context.Context, name string) error
	AccessSettings(ctx context.Context) (news.AccessSettings, error)
	SetAccessSettings(ctx context.Context, s news.AccessSettings) error
	// AuditEvents gives changes of access with ids below before, the newest first; 0 begins with the newest.
	AuditEvents(ctx context.Context, before int64, limit int) ([]news.AuditEvent, error)
}

type usersView struct {
	Done, Problem string
	Name          string // of the form to add a user
	Users         []userView
	After         string // the name before the first of the list; "" begins it
	Next          string // address of the users after these; "" is none
	Roles         []roleOption
	Settings      news.AccessSettings
}

// usersPage is how many users a page shows.
const usersPage = 100

type userView struct {
	ID          int64
	Name, Added string
	Self        bool
	Roles       []roleOption
}

type roleOption struct {
	Value  news.UserRole
	Label  string
	Chosen bool
}

func roleOptions(l *locale.Locale, chosen news.UserRole) (all []roleOption) {
	for _, role := range news.UserRoles() {
		all = append(all, roleOption{role, roleName(l, role), role == chosen})
	}
	return all
}

// usersDone says what a form of the page of users did.
func usersDone(l *locale.Locale, done string) string {
	switch done {
	case "added":
		return l.Text("The account was created.")
	case "role":
		return l.Text("The role was changed.")
	case "password":
		return l.Text("The password was changed, and all logins of the user have ended.")
	case "logins":
		return l.Text("All logins of the user have ended, also those of feed readers.")
	case "removed":
		return l.Text("The account was removed, with its topics, marks and settings.")
	case "settings":
		return l.Text("Saved.")
	}
	return ""
}

func (s *server) users(w http.ResponseWriter, r *http.Request) error {
	return s.showUsers(w, r, http.StatusOK, usersView{Done: usersDone(s.locale(r), r.URL.Query().Get("done")), After: r.URL.Query().Get("after")})
}

func (s *server) showUsers(w http.ResponseWriter, r *http.Request, status int, view usersView) error {
	l, me := s.locale(r), s.viewer(r).User.ID
	users, err := s.backend.UserPage(r.Context(), view.After, usersPage+1)
	if err != nil {
		return err
	}
	if len(users) > usersPage {
		users = users[:usersPage]
		view.Next = usersPath(users[usersPage-1].Name, "")
	}
	for _, u := range users {
		view.Users = append(view.Users, userView{u.ID, u.Name, l.Text("added %s", l.Day(u.Added)), u.ID == me, roleOptions(l, u.Role)})
	}
	if view.Settings, err = s.backend.AccessSettings(r.Context()); err != nil {
		return err
	}
	view.Roles = roleOptions(l, news.ReaderRole)
	return s.write(w, r, status, "users", page{Title: l.Text("Users"), Nav: "account", Body: view})
}

// usersPath is the address of the users after a name, with what a form did.
func usersPath(after, done string) string {
	q := url.Values{}
	for name, value := range map[string]string{"after": after, "done": done} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return strings.TrimSuffix("/users?"+q.Encode(), "?")
}

func (s *server) addUser(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	l, form := s.locale(r), r.PostForm
	view := usersView{Name: strings.TrimSpace(strings.ToValidUTF8(form.Get("name"), ""))}
	role, err := news.ParseUserRole(form.Get("role"))
	if err != nil {
		return badRequest(sentence(l, err))
	}
	if err := news.CheckName(view.Name); err != nil {
		view.Problem = l.Text("A name has at most 200 characters, and no line breaks. Nothing was changed.")
		return s.showUsers(w, r, http.StatusUnprocessableEntity, view)
	}
	err = s.backend.AddUserAs(r.Context(), view.Name, form.Get("password"), role)
	var bad *news.PasswordError
	switch {
	case errors.As(err, &bad):
		view.Problem = badPassword(l, bad)
		return s.showUsers(w, r, http.StatusUnprocessableEntity, view)
	case errors.Is(err, news.ErrExists):
		view.Problem = l.Text("There is a user of that name already. Nothing was changed.")
		return s.showUsers(w, r, http.StatusConflict, view)
	case err != nil:
		return err
	}
	return redirect(w, r, "/users?done=added")
}

// userInPath gives the user whose number a path has.
func (s *server) userInPath(r *http.Request) (news.User, error) {
	id, err := pathID(r)
	if err != nil {
		return news.User{}, err
	}
	return s.backend.UserByID(r.Context(), id)
}

// changingUser reads the form and the user of a change, and answers with what is wrong or goes back to the page of users.
func (s *server) changingUser(done string, change func(r *http.Request, u news.User) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := readForm(r); err != nil {
			return err
		}
		u, err := s.userInPath(r)
		if err != nil {
			return err
		}
		var bad *news.PasswordError
		err = change(r, u)
		view := usersView{After: r.PostForm.Get("after")}
		switch {
		case errors.Is(err, news.ErrLastAdmin):
			view.Problem = s.locale(r).Text("This is the last admin. Another user has to become one first. Nothing was changed.")
			return s.showUsers(w, r, http.StatusConflict, view)
		case errors.As(err, &bad):
			view.Problem = badPassword(s.locale(r), bad)
			return s.showUsers(w, r, http.StatusUnprocessableEntity, view)
		case err != nil:
			return err
		}
		return redirect(w, r, usersPath(view.After, done))
	}
}

func (s *server) setRole(r *http.Request, u news.User) error {
	role, err := news.ParseUserRole(r.PostForm.Get("role"))
	if err != nil {
		return badRequest(sentence(s.locale(r), err))
	}
	return s.backend.SetRole(r.Context(), u.Name, role)
}

// setUserPassword gives a user the password of a form. One who changes their own goes on with the session.
func (s *server) setUserPassword(r *http.Request, u news.User) error {
	if err := s.backend.SetPassword(r.Context(), u.Name, r.PostForm.Get("password")); err != nil || u.ID != s.viewer(r).User.ID {
		return err
	}
	u, _, err := s.backend.User(r.Context(), u.Name)
	if err != nil {
		return err
	}
	return s.guard.Renew(r, u)
}

// endLogins ends the logins of a user; of the own ones all but this one.
func (s *server) endLogins(r *http.Request, u news.User) error {
	except := int64(0)
	if v := s.viewer(r); u.ID == v.User.ID {
		except = v.Session
	}
	return s.backend.EndSessions(r.Context(), u, except)
}

func (s *server) removeUser(r *http.Request, u news.User) error {
	return s.backend.RemoveUser(r.Context(), u.Name)
}

func (s *server) setAccess(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	settings := news.AccessSettings{ReadersEditFeeds: r.PostForm.Get("readers_edit_feeds") != "", PublicFeeds: r.PostForm.Get("public_feeds") != ""}
	if err := s.backend.SetAccessSettings(r.Context(), settings); err != nil {
		return err
	}
	return redirect(w, r, "/users?done=settings")
}

// auditPage is how many changes of access a page shows.
const auditPage = 100

type auditView struct {
	Events []auditRow
	Older  string // address of the page before; "" is none
}

type auditRow struct {
	Time, Who, Address, What, Subject, Detail string
}

// auditDetail says how somebody logged in, or which role a new user has. Other details are names, which stay as they are.
func auditDetail(l *locale.Locale, e news.AuditEvent) string {
	switch e.Action {
	case news.AuditLogin, news.AuditLoginRefused, news.AuditUserAdded:
		return l.Known(e.Detail)
	}
	return e.Detail
}

// auditWords says what a change of access was.
func auditWords(l *locale.Locale, a news.AuditAction) string {
	switch a {
	case news.AuditLogin:
		return l.Text("login")
	case news.AuditLoginRefused:
		return l.Text("login refused")
	case news.AuditLogout:
		return l.Text("logout")
	case news.AuditSessionEnded:
		return l.Text("login ended")
	case news.AuditSessionsEnded:
		return l.Text("all logins ended")
	case news.AuditUserAdded:
		return l.Text("user added")
	case news.AuditUserRemoved:
		return l.Text("user removed")
	case news.AuditRole:
		return l.Text("role changed")
	case news.AuditPassword:
		return l.Text("password changed")
	case news.AuditTokenAdded:
		return l.Text("token added")
	case news.AuditTokenEnded:
		return l.Text("token ended")
	case news.AuditFeedAddress:
		return l.Text("secret feed addresses changed")
	case news.AuditSetting:
		return l.Text("setting changed")
	case news.AuditIdentityAdded:
		return l.Text("login elsewhere linked")
	case news.AuditIdentityRemoved:
		return l.Text("login elsewhere unlinked")
	}
	return string(a)
}

func (s *server) audit(w http.ResponseWriter, r *http.Request) error {
	l := s.locale(r)
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil {
		before = 0
	}
	events, err := s.backend.AuditEvents(r.Context(), before, auditPage+1)
	if err != nil {
		return err
	}
	var view auditView
	if len(events) > auditPage {
		events = events[:auditPage]
		view.Older = "/audit?before=" + strconv.FormatInt(events[auditPage-1].ID, 10)
	}
	for _, e := range events {
		who := e.Actor.Name
		switch {
		case e.Actor == (news.Actor{}):
			who = l.Text("command line")
		case who == "":
			who = l.Text("not logged in")
		}
		view.Events = append(view.Events, auditRow{l.Full(e.Time), who, e.Actor.Address, auditWords(l, e.Action), e.Subject, auditDetail(l, e)})
	}
	return s.write(w, r, http.StatusOK, "audit", page{Title: l.Text("Changes of access"), Nav: "account", Body: view})
}
