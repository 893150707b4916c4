package web

import (
	"cmp"
	"errors"
	"net/http"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/access"
)

// loginsView is where a user logs in besides here.
type loginsView struct {
	Provider string
	Logins   []identityView
	Continue string // address of the provider to go to
	Problem  string
}

type identityView struct {
	ID           int64
	Name, Issuer string
	Added        timestamp
}

// whyRefused says why a login at a provider failed.
func whyRefused(err *access.LoginError, l *locale.Locale) string {
	return l.Text(err.Text, err.Args...)
}

// atProvider answers by h where users log in at a provider.
func (s *server) atProvider(h handler) handler {
	if s.oidc == nil {
		return func(http.ResponseWriter, *http.Request) error { return notFound("There is no page at this address.") }
	}
	return h
}

// beginOIDC leads to the provider of logins.
func (s *server) beginOIDC(w http.ResponseWriter, r *http.Request) error {
	next := afterLogin(r.URL.Query().Get("next"))
	if s.viewer(r).Known() {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	to, err := s.oidc.Begin(r, next, false)
	return s.leadOn(w, r, to, next, err)
}

// finishOIDC answers a user whom the provider sends back.
func (s *server) finishOIDC(w http.ResponseWriter, r *http.Request) error {
	next, err := s.oidc.Finish(r)
	return s.leadOn(w, r, afterLogin(next), next, err)
}

// leadOn leads to an address, or says on the form to log in why a login failed. Next is where that form leads.
func (s *server) leadOn(w http.ResponseWriter, r *http.Request, to, next string, err error) error {
	var refused *access.LoginError
	switch {
	case errors.As(err, &refused):
		s.log.Warn("a login at the provider failed", "error", refused)
		return s.writeLogin(w, r, http.StatusForbidden, loginView{Next: afterLogin(next), Problem: whyRefused(refused, s.locale(r))})
	case err != nil:
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// logins shows where a user logs in besides here.
func (s *server) logins(w http.ResponseWriter, r *http.Request) error {
	return s.showLogins(w, r, http.StatusOK, loginsView{})
}

func (s *server) showLogins(w http.ResponseWriter, r *http.Request, status int, view loginsView) error {
	l := s.locale(r)
	list, err := s.oidc.Identities(r)
	if err != nil {
		return err
	}
	for _, i := range list {
		view.Logins = append(view.Logins, identityView{i.ID, cmp.Or(i.Name, i.Subject), i.Issuer, timestampOf(i.Added, l)})
	}
	view.Provider = s.oidc.Title()
	return s.write(w, r, status, "logins", page{Title: l.Text("Logins elsewhere"), Nav: "settings", Body: view})
}

// linkOIDC begins to link a login at the provider. It answers with a link rather than lead there: browsers let a form lead to our own pages only.
func (s *server) linkOIDC(w http.ResponseWriter, r *http.Request) error {
	to, err := s.oidc.Begin(r, "/account/logins", true)
	var refused *access.LoginError
	if errors.As(err, &refused) {
		return s.showLogins(w, r, http.StatusBadGateway, loginsView{Problem: whyRefused(refused, s.locale(r))})
	}
	if err != nil {
		return err
	}
	return s.showLogins(w, r, http.StatusOK, loginsView{Continue: to})
}

func (s *server) unlinkOIDC(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.oidc.Remove(r, id); err != nil && !errors.Is(err, news.ErrNotFound) {
		return err
	}
	http.Redirect(w, r, "/account/logins", http.StatusSeeOther)
	return nil
}
