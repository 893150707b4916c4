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

// Errors that a Guard refuses a request with, besides *TooManyError and those of the store.
var (
	ErrLogin     = errors.New("log in first")
	ErrForbidden = errors.New("that is not allowed to you")
	ErrToken     = errors.New("the token is none of this server's, or was ended; `headwater user token NAME` makes one")
	// ErrForwarded refuses requests that a proxy passes on, in open mode.
	ErrForwarded = errors.New("this request came through a proxy, and this server asks nobody to log in; set `access.login: required` in config.yaml " +
		"(or HEADWATER_ACCESS_LOGIN=required) and start the server again")
)

// Refuse answers a request that a Guard does not let through.
type Refuse func(w http.ResponseWriter, r *http.Request, need Need, err error)

// Authenticator finds out who sends a request by something that it carries. It returns the zero Viewer where the request does
// not carry it, and an error where what it carries is wrong.
type Authenticator func(r *http.Request) (Viewer, error)

// Store is what a Guard reads and writes.
type Store interface {
	SessionStore
	// FirstAdmin returns the oldest admin.
	FirstAdmin(context.Context) (news.User, error)
	AccessSettings(context.Context) (news.AccessSettings, error)
	// Audit writes a change of access by the actor of the context.
	Audit(ctx context.Context, action news.AuditAction, subject, detail string) error
}

// Accounts check what users prove who they are with.
type Accounts interface {
	// Check returns the user of a name and its password, or news.ErrPassword, or news.ErrNoUsers.
	Check(ctx context.Context, name, password string) (news.User, error)
	// APIUser returns the user of an API token, or news.ErrNotFound.
	APIUser(ctx context.Context, token string) (news.User, error)
}

// Options for New. Store and Accounts are required.
type Options struct {
	Store    Store
	Accounts Accounts
	// Open is open mode: each request without a token is one of the oldest admin.
	Open bool
	// PublicURL is the address that readers use. With https the cookie of sessions is for https only.
	PublicURL string
	// Authenticators are asked before tokens and sessions, in their order.
	Authenticators []Authenticator
	Now            func() time.Time // nil means time.Now
}

// Guard finds out who sends a request, and lets those through who may use its route. A nil Guard knows nobody.
type Guard struct {
	store          Store
	accounts       Accounts
	open           bool
	now            func() time.Time
	limiter        *Limiter
	sessions       *scs.SessionManager // nil in open mode
	authenticators []Authenticator
}

// New makes a guard.
func New(o Options) *Guard {
	g := &Guard{store: o.Store, accounts: o.Accounts, open: o.Open, now: o.Now}
	if g.now == nil {
		g.now = time.Now
	}
	g.limiter = NewLimiter(g.now)
	g.authenticators = append(g.authenticators, o.Authenticators...)
	g.authenticators = append(g.authenticators, g.byToken)
	if o.Open {
		g.authenticators = append(g.authenticators, g.byOpenMode)
		return g
	}
	g.sessions = newSessions(o.Store, o.PublicURL)
	g.authenticators = append(g.authenticators, g.bySession)
	return g
}

// OpenMode reports whether nobody has to log in.
func (g *Guard) OpenMode() bool { return g != nil && g.open }

// Limiter is what slows down who tries passwords, for all ways to log in.
func (g *Guard) Limiter() *Limiter {
	if g == nil {
		return NewLimiter(time.Now)
	}
	return g.limiter
}

// Handle lets requests through to next whose viewer meets a need, with viewer and actor in their context. The others go to refuse, with
// the viewer.
func (g *Guard) Handle(need Need, refuse Refuse, next http.Handler) http.Handler {
	if need == Anyone {
		return next
	}
	checked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := g.identify(r)
		if err == nil {
			err = g.check(r.Context(), v, need)
		}
		ctx := context.WithValue(r.Context(), viewerKey{}, v)
		if err != nil {
			refuse(w, r.WithContext(ctx), need, err)
			return
		}
		ctx = news.WithActor(ctx, news.Actor{Name: v.User.Name, Address: ingress.Address(r)})
		next.ServeHTTP(w, r.WithContext(ctx))
	})
	if g == nil || g.sessions == nil {
		return checked
	}
	return g.withSession(refuse, checked)
}

// check returns an error where a viewer does not meet a need.
func (g *Guard) check(ctx context.Context, v Viewer, need Need) error {
	switch {
	case v.May(need):
		return nil
	case need == Emitted && !v.Known() && g != nil && g.store != nil:
		s, err := g.store.AccessSettings(ctx)
		if err != nil || s.PublicFeeds {
			return err
		}
	}
	if v.Known() {
		return ErrForbidden
	}
	return ErrLogin
}

// identify finds out who sends a request.
func (g *Guard) identify(r *http.Request) (Viewer, error) {
	if g == nil {
		return Viewer{}, nil
	}
	for _, authenticate := range g.authenticators {
		v, err := authenticate(r)
		if err != nil {
			return Viewer{}, err
		}
		if v.Known() {
			return g.complete(r.Context(), v)
		}
	}
	return Viewer{}, nil
}

// complete fills in what the settings of the instance allow a viewer.
func (g *Guard) complete(ctx context.Context, v Viewer) (Viewer, error) {
	if v.User.Role != news.ReaderRole || g == nil || g.store == nil {
		return v, nil
	}
	if g.open { // whoever reaches the server may change feeds on its pages, so a feed reader of any user may
		v.editsFeeds = true
		return v, nil
	}
	s, err := g.store.AccessSettings(ctx)
	v.editsFeeds = s.ReadersEditFeeds
	return v, err
}

// ViewerFor returns the viewer that a user is who proved that to another API, by its own tokens.
func (g *Guard) ViewerFor(ctx context.Context, u news.User) (Viewer, error) {
	return g.complete(ctx, Viewer{User: u})
}

// byOpenMode takes each request for one of the oldest admin. One that a proxy passed on is refused: it need not come from this machine.
func (g *Guard) byOpenMode(r *http.Request) (Viewer, error) {
	if len(r.Header["X-Forwarded-For"])+len(r.Header["Forwarded"]) > 0 {
		return Viewer{}, ErrForwarded
	}
	u, err := g.store.FirstAdmin(r.Context())
	return Viewer{User: u, Open: true}, err
}

// tokenPrefix begins each API token.
const tokenPrefix = "hw_"

// TokenOf returns what a request sends as a bearer token, "" for none. A program that knows nothing of bearer tokens, such as a feed
// reader, sends the token as the password of HTTP Basic authentication; any name goes with it.
func TokenOf(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	if _, password, ok := r.BasicAuth(); ok && strings.HasPrefix(password, tokenPrefix) {
		return password
	}
	return ""
}

// byToken knows users by their API tokens. Another program's bearer token, such as a proxy's, says nothing.
func (g *Guard) byToken(r *http.Request) (Viewer, error) {
	token := TokenOf(r)
	if !strings.HasPrefix(token, tokenPrefix) {
		return Viewer{}, nil
	}
	u, err := g.accounts.APIUser(r.Context(), token)
	if errors.Is(err, news.ErrNotFound) {
		return Viewer{}, g.WrongToken(r)
	}
	return Viewer{User: u, Token: true}, err
}

// WrongToken counts a wrong token of a client. It returns ErrToken, or a *TooManyError where the client has sent many.
func (g *Guard) WrongToken(r *http.Request) error {
	if err := g.Limiter().WrongToken(ingress.Client(r)); err != nil {
		return err
	}
	return ErrToken
}

// Login begins a session for a name and its password. It returns news.ErrPassword, news.ErrNoUsers or a *TooManyError.
func (g *Guard) Login(r *http.Request, name, password string) error {
	var user news.User
	err := g.limiter.Try(r.Context(), ingress.Client(r), name, func(ctx context.Context) (err error) {
		user, err = g.accounts.Check(ctx, name, password)
		return err
	})
	if err != nil {
		return g.refused(r, name, err)
	}
	return g.Begin(r, user, "password")
}

// refused writes an audit line for a login that was refused.
func (g *Guard) refused(r *http.Request, name string, err error) error {
	if !errors.Is(err, news.ErrPassword) {
		return err
	}
	ctx := news.WithActor(r.Context(), news.Actor{Address: ingress.Address(r)})
	return errors.Join(err, g.store.Audit(ctx, news.AuditLoginRefused, name, "password"))
}
