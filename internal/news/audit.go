package news

import (
	"context"
	"errors"
	"time"
)

// ErrLastAdmin means that a change would leave nobody who may manage users.
var ErrLastAdmin = errors.New("this is the last admin; make another user an admin first")

// AuditAction is a kind of change of access.
type AuditAction string

// The changes of access that are kept.
const (
	AuditLogin           AuditAction = "login"
	AuditLoginRefused    AuditAction = "login refused" // an index of the store names it
	AuditLogout          AuditAction = "logout"
	AuditSessionEnded    AuditAction = "session ended"
	AuditSessionsEnded   AuditAction = "sessions ended" // all of a user, or all others
	AuditUserAdded       AuditAction = "user added"
	AuditUserRemoved     AuditAction = "user removed"
	AuditRole            AuditAction = "role changed"
	AuditPassword        AuditAction = "password changed"
	AuditTokenAdded      AuditAction = "token added"
	AuditTokenEnded      AuditAction = "token ended"
	AuditIdentityAdded   AuditAction = "identity added"
	AuditIdentityRemoved AuditAction = "identity removed"
	AuditFeedAddress     AuditAction = "feed address changed"
	AuditSetting         AuditAction = "setting changed"
)

// AuditEvent is a change of access, or a login. It is written in the transaction of the change.
type AuditEvent struct {
	ID      int64
	Time    time.Time
	Actor   Actor
	Action  AuditAction
	Subject string // the name of the user, or of the setting, that it is about
	Detail  string // in words: the new role, the label of a token, the browser
}

// Actor is who causes a change of access. The zero value is the command line.
type Actor struct {
	Name    string // of the user; "" is somebody who is not logged in
	Address string // of the client
}

type actorKey struct{}

// WithActor returns a context whose changes of access are those of an actor.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf returns the actor of WithActor.
func ActorOf(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

// Session is a login to the pages.
type Session struct {
	ID      int64
	User    User // ID 0 while somebody logs in through another server
	Made    time.Time
	Seen    time.Time // when it was used last, to the hour
	Expires time.Time
	Address string // from which it was used last
	Agent   string // the User-Agent of its browser
}

// AccessSettings are what an admin decides about access for the instance. The zero value is the default.
type AccessSettings struct {
	ReadersEditFeeds bool // each user may change feeds, not editors and admins only
	PublicFeeds      bool // combined feeds are read without a login
}
