package access

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"headwater/internal/news"
	"headwater/internal/serve/ingress"
)

// A session lasts for lifetime after it was used last. When it is used is stored once in touchEvery.
const (
	lifetime   = 30 * 24 * time.Hour
	touchEvery = time.Hour
	begunFor   = 10 * time.Minute // a session without a user, that of a login under way
	maxAgent   = 300              // bytes of a User-Agent that are kept
)

// What a session carries. Other keys are those of logins under way.
const (
	keyUser    = "user"  // int64
	keyEpoch   = "epoch" // int64
	keyMade    = "made"  // milliseconds, as keySeen
	keySeen    = "seen"
	keyAddress = "address"
	keyAgent   = "agent"
)

// SessionStore keeps sessions by the SHA-256 of their tokens.
type SessionStore interface {
	// Session returns a session with what it carries, or news.ErrNotFound.
	Session(ctx context.Context, token []byte) (news.Session, []byte, error)
	AddSession(ctx context.Context, s news.Session, token, data []byte) error
	ChangeSession(ctx context.Context, s news.Session, token, data []byte) error
	DropSession(ctx context.Context, token []byte) error
}

// newSessions returns the manager of sessions. With a public address of https its cookie is for https only.
func newSessions(store SessionStore, publicURL string) *scs.SessionManager {
	m := scs.New()
	m.Lifetime = lifetime
	m.Store = sessionStore{store, m.Codec}
	m.Cookie.Name = "headwater_session"
	if strings.HasPrefix(publicURL, "https://") {
		m.Cookie.Name, m.Cookie.Secure = "__Host-headwater_session", true
	}
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		if refuse, ok := r.Context().Value(refuseKey{}).(Refuse); ok {
			refuse(w, r, Visitor, err)
		}
	}
	return m
}

type (
	refuseKey struct{}
	foundKey  struct{}
)

// found is the session that a request's cookie leads to.
type found struct {
	session news.Session
	token   string
}

// withSession loads the session of a request before next, and stores it where next changed it.
func (g *Guard) withSession(refuse Refuse, next http.Handler) http.Handler {
	loaded := g.sessions.LoadAndSave(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), refuseKey{}, refuse)
		loaded.ServeHTTP(w, r.WithContext(context.WithValue(ctx, foundKey{}, new(found))))
	})
}

// bySession is the viewer of a request's session.
func (g *Guard) bySession(r *http.Request) (Viewer, error) {
	ctx := r.Context()
	f, _ := ctx.Value(foundKey{}).(*found)
	if f == nil || f.session.User.ID == 0 || f.session.User.Epoch != g.sessions.GetInt64(ctx, keyEpoch) {
		return Viewer{}, nil
	}
	if now := g.now(); now.Sub(f.session.Seen) >= touchEvery || f.session.Seen.Sub(now) >= clockApart { // of a clock that was ahead
		g.use(r, now)
		g.sessions.SetDeadline(ctx, now.Add(lifetime))
	}
	return Viewer{User: f.session.User, Session: f.session.ID}, nil
}

// use has the session of a request carry when and where it was used.
func (g *Guard) use(r *http.Request, now time.Time) {
	ctx := r.Context()
	agent := strings.ToValidUTF8(r.UserAgent(), "")
	g.sessions.Put(ctx, keySeen, now.UnixMilli())
	g.sessions.Put(ctx, keyAddress, ingress.Address(r))
	g.sessions.Put(ctx, keyAgent, strings.ToValidUTF8(agent[:min(len(agent), maxAgent)], ""))
}

// Begin begins a session for a user who proved who they are: the token is another one from here on, and an audit line says how the user
// logged in. The route must need Visitor or more. The cookie goes out with the answer.
func (g *Guard) Begin(r *http.Request, u news.User, how string) error {
	ctx, now := r.Context(), g.now()
	if g.sessions == nil {
		return errors.New("begin a session: nobody logs in in open mode")
	}
	if err := g.sessions.RenewToken(ctx); err != nil {
		return err
	}
	g.sessions.Put(ctx, keyUser, u.ID)
	g.sessions.Put(ctx, keyEpoch, u.Epoch)
	g.sessions.Put(ctx, keyMade, now.UnixMilli())
	g.use(r, now)
	g.sessions.SetDeadline(ctx, now.Add(lifetime))
	return g.store.Audit(news.WithActor(ctx, news.Actor{Name: u.Name, Address: ingress.Address(r)}), news.AuditLogin, u.Name, how)
}

// Renew goes on with the session of a request after the password of its user was changed, which ended all of the user's sessions.
func (g *Guard) Renew(r *http.Request, u news.User) error {
	if g.sessions == nil || !g.sessions.Exists(r.Context(), keyUser) {
		return nil
	}
	if err := g.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	g.sessions.Put(r.Context(), keyEpoch, u.Epoch)
	return nil
}

// End ends the session of a request.
func (g *Guard) End(r *http.Request) error {
	if g.sessions == nil {
		return nil
	}
	v := ViewerOf(r.Context())
	if err := g.sessions.Destroy(r.Context()); err != nil || !v.Known() {
		return err
	}
	return g.store.Audit(r.Context(), news.AuditLogout, v.User.Name, "")
}

// Put has the session of a request carry a text until it is taken. It is for logins under way: without a user the session ends
// after ten minutes.
func (g *Guard) Put(r *http.Request, key, value string) {
	if !g.sessions.Exists(r.Context(), keyUser) {
		g.sessions.SetDeadline(r.Context(), g.now().Add(begunFor))
	}
	g.sessions.Put(r.Context(), "login "+key, value)
}

// Take returns a text of Put once, "" where there is none.
func (g *Guard) Take(r *http.Request, key string) string {
	return g.sessions.PopString(r.Context(), "login "+key)
}

// sessionStore is the store as scs asks it, scs.CtxStore.
type sessionStore struct {
	store SessionStore
	codec scs.Codec
}

// FindCtx implements scs.CtxStore.
func (s sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	session, data, err := s.store.Session(ctx, news.HashToken(token))
	if errors.Is(err, news.ErrNotFound) {
		return nil, false, nil
	}
	if f, ok := ctx.Value(foundKey{}).(*found); ok && err == nil {
		f.session, f.token = session, token
	}
	return data, err == nil, err
}

// CommitCtx implements scs.CtxStore.
func (s sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	_, values, err := s.codec.Decode(data)
	if err != nil {
		return err
	}
	number := func(key string) int64 { n, _ := values[key].(int64); return n }
	words := func(key string) string { s, _ := values[key].(string); return s }
	session := news.Session{
		User: news.User{ID: number(keyUser), Epoch: number(keyEpoch)}, Made: time.UnixMilli(number(keyMade)), Seen: time.UnixMilli(number(keySeen)),
		Expires: expiry, Address: words(keyAddress), Agent: words(keyAgent),
	}
	if f, ok := ctx.Value(foundKey{}).(*found); ok && f.token == token {
		return s.store.ChangeSession(ctx, session, news.HashToken(token), data)
	}
	if err := s.store.AddSession(ctx, session, news.HashToken(token), data); err != nil {
		return err
	}
	if f, ok := ctx.Value(foundKey{}).(*found); ok {
		f.token = token
	}
	return nil
}

// DeleteCtx implements scs.CtxStore.
func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.store.DropSession(ctx, news.HashToken(token))
}

// Find implements scs.Store.
func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements scs.Store.
func (s sessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete implements scs.Store.
func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
