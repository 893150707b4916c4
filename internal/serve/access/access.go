// Package access says who sends a request and what they may do. In goes a request that package ingress let through; out come its
// Viewer, in the request's context, and a refusal where the viewer may not use the route.
//
// Every route of pages and APIs declares its Need beside its handler, and Guard.Handle enforces it. The zero Need is met by
// nobody, so a route without a declaration answers nothing.
//
// Where the server is for one machine only, it is in open mode: each request is one of the oldest admin, without a login. Elsewhere
// authenticators are asked in turn who sends a request: those of Options, then API tokens, then sessions. Whatever way somebody proves who
// they are, Guard.Begin begins their session: with another token, and an audit line. Guard.Put and Guard.Take carry what a login over
// another server needs on the way.
//
// access.go has needs and viewers, guard.go finds out who asks, session.go keeps sessions (scs over the store), limiter.go slows down who
// guesses, router.go has routers whose routes declare their needs.
package access

import (
	"context"

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
	Emitted      // a user, or anybody where the instance says that combined feeds are public
	Metrics      // a user's program, by a token, or an admin
	Feeds        // a user who may change feeds: an editor, or each user where the instance says so
	Editor       // an editor or an admin
	Admin        // an admin
)

// String says who meets the need, for the refusal of those who do not.
func (n Need) String() string {
	switch n {
	case Anyone, Visitor:
		return "anyone"
	case Reader, Emitted:
		return "users"
	case Metrics:
		return "admins, and for programs with a token"
	case Feeds, Editor:
		return "editors and admins"
	case Admin:
		return "admins"
	}
	return "nobody"
}

// Viewer is who sends a request. The zero value is somebody who is not logged in.
type Viewer struct {
	User    news.User // ID 0: nobody is logged in
	Session int64     // number of the session; 0 is none
	Token   bool      // known by an API token
	Proxy   bool      // known by a header of a proxy
	Open    bool      // taken for the oldest admin, in open mode

	editsFeeds bool // as the instance lets readers do
}

// Known reports whether the viewer is a user.
func (v Viewer) Known() bool { return v.User.ID != 0 }

// May reports whether a viewer meets a need.
func (v Viewer) May(n Need) bool {
	switch n {
	case Anyone, Visitor:
		return true
	case Reader, Emitted:
		return v.User.Role.May(news.ReaderRole)
	case Metrics:
		return v.User.Role.May(news.AdminRole) || v.Token
	case Feeds:
		return v.editsFeeds || v.User.Role.May(news.EditorRole)
	case Editor:
		return v.User.Role.May(news.EditorRole)
	case Admin:
		return v.User.Role.May(news.AdminRole)
	}
	return false
}

// MayChangeTopic reports whether a viewer may change a topic: the own ones, and as an editor those of everybody.
func (v Viewer) MayChangeTopic(t news.Topic) bool {
	return t.User == 0 && v.May(Editor) || t.User != 0 && t.User == v.User.ID
}

// SeesAlert reports whether a viewer sees an alert of a topic: the own ones, and where the viewer may change the topic those of nobody.
func (v Viewer) SeesAlert(t news.Topic, a news.Alert) bool {
	return a.User == v.User.ID || a.User == 0 && v.MayChangeTopic(t)
}

type viewerKey struct{}

// ViewerOf returns the viewer of a request that passed a Guard by the request's context.
func ViewerOf(ctx context.Context) Viewer {
	v, _ := ctx.Value(viewerKey{}).(Viewer)
	return v
}
