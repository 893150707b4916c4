// Package access says who sends a request and what they may do. In goes a request that package ingress let through; out come its
// Viewer, in the request's context, and a refusal where the viewer may not use the route.
//
// Every route of pages and APIs declares its Need beside its handler, and Guard.Handle enforces it. The zero Need is met by
// nobody, so a route without a declaration answers nothing.
//
// Where the server is for one machine only, it is in open mode: each request is one of the oldest admin, without a login.
package access

import (
	"context"
	"errors"
	"net/http"

	"headwater/internal/news"
)

// Need is what a route asks of whoever uses it.
type Need int

// The needs. The zero value is met by nobody.
const (
	_       Need = iota
	Anyone       // anybody; who it is is not looked up
	Visitor      // anybody; the viewer is known where there is a login
	Reader       // a user
	Feeds        // a user who may change feeds: an editor, or each user where the instance says so
	Editor       // an editor or an admin
	Admin        // an admin
)

// String says who meets the need, for the refusal of those who do not.
func (n Need) String() string {
	switch n {
	case Anyone, Visitor:
		return "anyone"
	case Reader:
		return "users"
	case Feeds, Editor:
		return "editors and admins"
	case Admin:
		return "admins"
	}
	return "nobody"
}

// Viewer is who sends a request. The zero value is somebody who is not logged in.
type Viewer struct {
	User     news.User     // ID 0: nobody is logged in
	Settings news.Settings // of the user
}

// Known reports whether the viewer is a user.
func (v Viewer) Known() bool { return v.User.ID != 0 }

// May reports whether a viewer meets a need.
func (v Viewer) May(n Need) bool {
	switch n {
	case Anyone, Visitor:
		return true
	case Reader:
		return v.User.Role.May(news.ReaderRole)
	case Feeds, Editor:
		return v.User.Role.May(news.EditorRole)
	case Admin:
		return v.User.Role.May(news.AdminRole)
	}
	return false
}

type viewerKey struct{}

// ViewerOf returns the viewer of a request that passed a Guard by the request's context.
func ViewerOf(ctx context.Context) Viewer {
	v, _ := ctx.Value(viewerKey{}).(Viewer)
	return v
}

// WithViewer returns a context with a viewer.
func WithViewer(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// Errors that a Guard refuses a request with.
var (
	ErrLogin     = errors.New("log in first")
	ErrForbidden = errors.New("that is not allowed to you")
)

// Refuse answers a request that a Guard does not let through. The error is ErrLogin, ErrForbidden, or that of looking up the viewer.
type Refuse func(w http.ResponseWriter, r *http.Request, need Need, err error)

// Guard finds out who sends a request, and lets those through who may use its route. A nil Guard knows nobody.
type Guard struct {
	firstAdmin func(context.Context) (news.User, error)
	settings   SettingsOf
}

// Open returns a guard in open mode: each request is one of the user that firstAdmin returns.
func Open(firstAdmin func(context.Context) (news.User, error)) *Guard {
	return &Guard{firstAdmin: firstAdmin}
}

// Handle lets requests through to next whose viewer meets a need, with the viewer in their context. The others go to refuse.
func (g *Guard) Handle(need Need, refuse Refuse, next http.Handler) http.Handler {
	if need == Anyone {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := g.identify(r)
		if err == nil {
			v.Settings, err = g.settingsOf(r.Context(), v)
		}
		switch {
		case err != nil:
		case v.May(need):
			next.ServeHTTP(w, r.WithContext(WithViewer(r.Context(), v)))
			return
		case v.Known():
			err = ErrForbidden
		default:
			err = ErrLogin
		}
		refuse(w, r, need, err)
	})
}

// identify finds out who sends a request.
func (g *Guard) identify(r *http.Request) (Viewer, error) {
	if g == nil || g.firstAdmin == nil {
		return Viewer{}, nil
	}
	u, err := g.firstAdmin(r.Context())
	return Viewer{User: u}, err
}
