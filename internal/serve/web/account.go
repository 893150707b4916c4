package web

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/ingress"
)

// AccountStore keeps what belongs to one account.
type AccountStore interface {
	// Sessions gives the sessions of a user, the last used first.
	Sessions(ctx context.Context, u news.User) ([]news.Session, error)
	EndSession(ctx context.Context, u news.User, id int64) error
	// EndSessions ends all logins of a user but the session except, also those of feed readers.
	EndSessions(ctx context.Context, u news.User, except int64) error
	APITokens(ctx context.Context, user int64) ([]news.APIToken, error)
	DropAPIToken(ctx context.Context, u news.User, id int64) error
	// FeedSecret gives the secret in the addresses of a user's combined feeds, "" where there is none.
	FeedSecret(ctx context.Context, u news.User) (string, error)
	SetFeedSecret(ctx context.Context, u news.User, secret string) error
	// UserByFeedSecret gives the user of such a secret, or news.ErrNotFound.
	UserByFeedSecret(ctx context.Context, secret string) (news.User, error)
}

// AccountEditor does what needs a password or a token in clear text.
type AccountEditor interface {
	// Check gives the user of a name and its password, or news.ErrPassword.
	Check(ctx context.Context, name, password string) (news.User, error)
	// SetPassword ends all logins of the user. It gives an *news.PasswordError for a password that cannot be one.
	SetPassword(ctx context.Context, name, password string) error
	AddAPIToken(ctx context.Context, u news.User, label string) (string, error)
	AddUserAs(ctx context.Context, name, password string, role news.UserRole) error
}

type accountView struct {
	Name, Role, Done, Problem string
	Open                      bool // nobody logs in, so there is no password to ask for
	Admin                     bool
	Logins                    bool   // there are logins elsewhere that can be linked
	Token                     string // a new one, shown once
	Sessions                  []sessionView
	Tokens                    []tokenView
	Feeds                     []link // at secret addresses
}

type sessionView struct {
	ID                   int64
	Agent, Address, Seen string
	Current              bool
}

type tokenView struct {
	ID          int64
	Label, Made string
}

// roleName is a role as people read it.
func roleName(l *locale.Locale, r news.UserRole) string {
	switch r {
	case news.ReaderRole:
		return l.Text("reader")
	case news.EditorRole:
		return l.Text("editor")
	case news.AdminRole:
		return l.Text("admin")
	}
	return string(r)
}

// accountDone says what a form of the account page did.
func accountDone(l *locale.Locale, done string) string {
	switch done {
	case "password":
		return l.Text("The password was changed. Other logins have ended, also those of feed readers.")
	case "session":
		return l.Text("The login was ended.")
	case "sessions":
		return l.Text("All other logins have ended, also those of feed readers.")
	case "token":
		return l.Text("The token was ended.")
	case "feeds":
		return l.Text("The secret addresses were changed. The former ones lead nowhere now.")
	}
	return ""
}

func (s *server) account(w http.ResponseWriter, r *http.Request) error {
	return s.showAccount(w, r, http.StatusOK, accountView{Done: accountDone(s.locale(r), r.URL.Query().Get("done"))})
}

func (s *server) showAccount(w http.ResponseWriter, r *http.Request, status int, view accountView) error {
	v, l, ctx := s.viewer(r), s.locale(r), r.Context()
	view.Name, view.Role, view.Open, view.Admin = v.User.Name, roleName(l, v.User.Role), v.Open, v.May(access.Admin)
	view.Logins = s.oidc != nil
	sessions, err := s.backend.Sessions(ctx, v.User)
	if err != nil {
		return err
	}
	for _, one := range sessions {
		view.Sessions = append(view.Sessions, sessionView{one.ID, one.Agent, one.Address, l.Full(one.Seen), one.ID == v.Session})
	}
	tokens, err := s.backend.APITokens(ctx, v.User.ID)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		view.Tokens = append(view.Tokens, tokenView{t.ID, t.Label, l.Full(t.Made)})
	}
	secret, err := s.backend.FeedSecret(ctx, v.User)
	if err != nil {
		return err
	}
	if secret != "" {
		if view.Feeds, err = s.secretFeeds(r, secret); err != nil {
			return err
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	return s.write(w, r, status, "account", page{Title: l.Text("Account"), Nav: "account", Body: view, secret: view.Token != "" || len(view.Feeds) > 0})
}

// secretFeeds are the combined feeds at the secret addresses of a user: of everything and of each folder.
func (s *server) secretFeeds(r *http.Request, secret string) ([]link, error) {
	feeds, err := s.backend.Feeds(r.Context())
	if err != nil {
		return nil, err
	}
	base := s.siteFor(r).URL + "/feeds/t/" + secret
	links := []link{{Name: s.locale(r).Text("Everything"), URL: base + ".atom"}}
	var folders []string
	for _, f := range feeds {
		if f.Folder != "" && !slices.Contains(folders, f.Folder) {
			folders = append(folders, f.Folder)
		}
	}
	slices.Sort(folders)
	for _, name := range folders {
		links = append(links, link{Name: name, URL: base + "/" + url.PathEscape(name) + ".atom"})
	}
	return links, nil
}

func (s *server) changePassword(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	v, l, form := s.viewer(r), s.locale(r), r.PostForm
	refuse := func(status int, text string) error { return s.showAccount(w, r, status, accountView{Problem: text}) }
	if !v.Open {
		err := s.guard.Limiter().Try(r.Context(), ingress.Client(r), v.User.Name, func(ctx context.Context) error {
			_, err := s.backend.Check(ctx, v.User.Name, form.Get("current"))
			return err
		})
		var many *access.TooManyError
		switch {
		case errors.As(err, &many):
			return refuse(http.StatusTooManyRequests, l.Text("Too many wrong passwords came from this address. The next try can be made in %d seconds.", many.Seconds()))
		case errors.Is(err, news.ErrPassword):
			return refuse(http.StatusUnprocessableEntity, l.Text("The present password is wrong. Nothing was changed."))
		case err != nil:
			return err
		}
	}
	if form.Get("password") != form.Get("again") {
		return refuse(http.StatusUnprocessableEntity, l.Text("The two new passwords differ. Nothing was changed."))
	}
	var bad *news.PasswordError
	err := s.setUserPassword(r, v.User)
	if errors.As(err, &bad) {
		return refuse(http.StatusUnprocessableEntity, badPassword(l, bad))
	}
	if err != nil {
		return err
	}
	return redirect(w, r, "/account?done=password")
}

// badPassword says what is wrong with a new password.
func badPassword(l *locale.Locale, bad *news.PasswordError) string {
	if bad.Short {
		return l.Text("The password is too short: it needs %d characters. Nothing was changed.", bad.Limit)
	}
	return l.Text("The password is too long: it may have %d bytes. Nothing was changed.", bad.Limit)
}

func (s *server) endSession(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.backend.EndSession(r.Context(), s.viewer(r).User, id); err != nil {
		return err
	}
	return redirect(w, r, "/account?done=session")
}

// endSessions logs the viewer out everywhere else.
func (s *server) endSessions(w http.ResponseWriter, r *http.Request) error {
	if err := s.endLogins(r, s.viewer(r).User); err != nil {
		return err
	}
	return redirect(w, r, "/account?done=sessions")
}

func (s *server) addToken(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	l, label := s.locale(r), strings.TrimSpace(strings.ToValidUTF8(r.PostForm.Get("label"), ""))
	if err := news.CheckName(label); err != nil {
		return s.showAccount(w, r, http.StatusUnprocessableEntity, accountView{Problem: l.Text("A token needs a name of at most 200 characters that says what it is for.")})
	}
	token, err := s.backend.AddAPIToken(r.Context(), s.viewer(r).User, label)
	if err != nil {
		return err
	}
	return s.showAccount(w, r, http.StatusOK, accountView{Token: token})
}

func (s *server) endToken(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.backend.DropAPIToken(r.Context(), s.viewer(r).User, id); err != nil {
		return err
	}
	return redirect(w, r, "/account?done=token")
}

func (s *server) renewFeedSecret(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	secret := ""
	if r.PostForm.Get("end") == "" {
		secret = rand.Text()
	}
	if err := s.backend.SetFeedSecret(r.Context(), s.viewer(r).User, secret); err != nil {
		return err
	}
	return redirect(w, r, "/account?done=feeds")
}
