package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/access"
)

// loginView is the form by which users log in.
type loginView struct {
	Next    string // local address to go to afterwards
	Name    string
	Problem string
	Others  []link // other ways to log in
}

// keptView is a form that came without a login. What was written is kept in it.
type keptView struct {
	Action string
	Login  string // address of the form to log in
	Fields []keptField
}

type keptField struct {
	Name, Value string
	Long        bool // shown, so that nothing that somebody wrote is out of their sight
}

// afterLogin returns an address of this server to go to after a login, or "/" for any other.
func afterLogin(address string) string {
	u, ok := localAddress(address)
	if !ok || u.Path == "/login" || u.Path == "/logout" {
		return "/"
	}
	return address
}

// loginAddress is the address of the form to log in that leads back to next.
func loginAddress(next string) string {
	if next = afterLogin(next); next == "/" {
		return "/login"
	}
	return "/login?next=" + url.QueryEscape(next)
}

// refuseViewer answers those who may not use a route. Pages lead to the form to log in; a form that was sent is kept.
func (s *server) refuseViewer(w http.ResponseWriter, r *http.Request, need access.Need, err error) {
	s.handle(func(w http.ResponseWriter, r *http.Request) error {
		l := s.locale(r)
		var many *access.TooManyError
		var refused *access.LoginError
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		switch {
		case errors.As(err, &refused):
			s.log.Warn("a login by the proxy was refused", "error", refused)
			return problem{Status: http.StatusForbidden, Heading: l.Text("Refused"), Message: refused.Text, Args: refused.Args}
		case errors.Is(err, access.ErrLogin) && need == access.Emitted: // feed readers ask again with a password
			w.Header().Set("WWW-Authenticate", `Basic realm="Headwater, with a token of your account as the password"`)
			return problem{Status: http.StatusUnauthorized, Heading: l.Text("Log in"), Message: l.Text("This feed is for users. A feed reader finds it at a secret address, which your account shows, or with an API token as the password.")}
		case errors.Is(err, access.ErrLogin) && !reads:
			return s.keepForm(w, r)
		case errors.Is(err, access.ErrLogin) && (r.URL.Path == "/suggest" || strings.HasPrefix(r.URL.Path, picturesPath) || strings.HasPrefix(r.URL.Path, recordingsPath)):
			return problem{Status: http.StatusUnauthorized, Heading: l.Text("Log in"), Message: l.Text("This is for users who are logged in.")}
		case errors.Is(err, access.ErrLogin):
			http.Redirect(w, r, loginAddress(r.URL.RequestURI()), http.StatusSeeOther)
			return nil
		case errors.Is(err, access.ErrForbidden):
			return problem{Status: http.StatusForbidden, Heading: l.Text("Not allowed"), Message: whoMay(l, need)}
		case errors.Is(err, access.ErrForwarded), errors.Is(err, access.ErrToken):
			return problem{Status: http.StatusForbidden, Heading: l.Text("Refused"), Message: sentence(l, err)}
		case errors.As(err, &many):
			return problem{Status: http.StatusTooManyRequests, Heading: l.Text("Refused"), Message: sentence(l, err)}
		}
		return err
	}).ServeHTTP(w, r)
}

// whoMay says whom a route is for.
func whoMay(l *locale.Locale, need access.Need) string {
	switch need {
	case access.Admin:
		return l.Text("This is for admins.")
	case access.Editor, access.Feeds:
		return l.Text("This is for editors and admins.")
	}
	return l.Text("This is for users who are logged in.")
}

// passwordFields are the fields of forms that hold passwords. They are written into no page.
var passwordFields = []string{"password", "current", "again"}

// keepForm answers a form that came without a login, such as after the session ended, with the same form, to be sent again.
func (s *server) keepForm(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	back := "/"
	if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host {
		back = from.RequestURI()
	}
	view := keptView{Action: r.URL.RequestURI(), Login: loginAddress(back)}
	for name, values := range r.PostForm {
		for _, v := range values {
			if !slices.Contains(passwordFields, name) {
				view.Fields = append(view.Fields, keptField{name, v, strings.Contains(v, " ")})
			}
		}
	}
	slices.SortStableFunc(view.Fields, func(a, b keptField) int { return strings.Compare(a.Name, b.Name) })
	return s.write(w, r, http.StatusUnauthorized, "kept", page{Title: s.locale(r).Text("Log in"), Body: view})
}

func (s *server) showLogin(w http.ResponseWriter, r *http.Request) error {
	next := afterLogin(r.URL.Query().Get("next"))
	if s.viewer(r).Known() {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	return s.writeLogin(w, r, http.StatusOK, loginView{Next: next})
}

func (s *server) writeLogin(w http.ResponseWriter, r *http.Request, status int, view loginView) error {
	w.Header().Set("Cache-Control", "no-store")
	if s.oidc != nil {
		view.Others = append(view.Others, link{Name: s.locale(r).Text("Log in with %s", s.oidc.Title()), URL: "/login/oidc?next=" + url.QueryEscape(afterLogin(view.Next))})
	}
	return s.write(w, r, status, "login", page{Title: s.locale(r).Text("Log in"), Body: view})
}

func (s *server) login(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	view := loginView{Next: afterLogin(r.PostForm.Get("next")), Name: strings.ToValidUTF8(r.PostForm.Get("name"), "")}
	if s.guard.OpenMode() { // everybody is logged in
		http.Redirect(w, r, view.Next, http.StatusSeeOther)
		return nil
	}
	l := s.locale(r)
	err := s.guard.Login(r, view.Name, r.PostForm.Get("password"))
	var many *access.TooManyError
	switch {
	case errors.As(err, &many):
		view.Problem = l.Text("Too many wrong passwords came from this address. The next try can be made in %d seconds.", many.Seconds())
		return s.writeLogin(w, r, http.StatusTooManyRequests, view)
	case errors.Is(err, news.ErrPassword), errors.Is(err, news.ErrNoUsers):
		view.Problem = l.Text("The name or the password is wrong.")
		return s.writeLogin(w, r, http.StatusUnauthorized, view)
	case err != nil:
		return err
	}
	http.Redirect(w, r, view.Next, http.StatusSeeOther)
	return nil
}

func (s *server) logout(w http.ResponseWriter, r *http.Request) error {
	if err := s.guard.End(r); err != nil {
		return err
	}
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`) // what the browser kept of pages for reading without a network
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}
