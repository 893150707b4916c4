package access

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"headwater/internal/news"
	"headwater/internal/serve/ingress"
)

// OIDCCallback is the path to which a provider of OpenID Connect sends users back.
const OIDCCallback = "/login/oidc/callback"

const (
	providerTime = 20 * time.Second // for a provider to answer
	maxSubject   = 255              // characters of a subject (OpenID Connect Core, section 2)
)

// Identities are the users by what they are called elsewhere.
type Identities interface {
	// IdentityUser returns the user who has an identity, or news.ErrNotFound.
	IdentityUser(ctx context.Context, issuer, subject string) (news.User, error)
	// AddIdentity lets a user log in by an identity. It returns news.ErrExists where a user has it already.
	AddIdentity(ctx context.Context, user string, i news.Identity) error
	// AddUserWith creates a user who logs in by an identity. It returns news.ErrExists where the name or the identity is taken.
	AddUserWith(ctx context.Context, name string, role news.UserRole, i news.Identity) error
	// Identities returns those of a user.
	Identities(ctx context.Context, user int64) ([]news.Identity, error)
	// RemoveIdentity ends logins of a user by an identity, or returns news.ErrNotFound.
	RemoveIdentity(ctx context.Context, u news.User, id int64) error
}

// OIDCOptions are the options of NewOIDC. All but Secret, NameClaim and Create are required.
type OIDCOptions struct {
	Guard      *Guard
	Identities Identities
	Issuer     string        // address of the provider, below which its discovery document is
	ClientID   string        // what the provider calls us
	Secret     string        // by which it knows us; "" for a public client
	Title      string        // what users call the provider
	NameClaim  string        // the claim with the name of a new account; "" means preferred_username
	Create     news.UserRole // of accounts for those who have none; "" creates none
	PublicURL  string        // the address that readers use, without a slash at the end
	// Through returns a context with which requests to the provider are made by our client.
	Through func(context.Context) context.Context
}

// OIDC lets users log in at a provider of OpenID Connect (OpenID Connect Core 1.0): authorization code with PKCE (RFC 7636), state and nonce.
// Users are found by issuer and subject. What a provider calls a user never leads to an account by its name.
type OIDC struct {
	o OIDCOptions

	mu       sync.Mutex     // guards provider and config
	provider *oidc.Provider // nil until it was discovered
	config   *oauth2.Config // remembers how the provider wants to know us
}

// NewOIDC makes a way to log in. The provider is asked when somebody logs in first.
func NewOIDC(o OIDCOptions) *OIDC {
	o.NameClaim = cmp.Or(o.NameClaim, "preferred_username")
	return &OIDC{o: o}
}

// Title is what users call the provider.
func (p *OIDC) Title() string { return p.o.Title }

// Identities returns what the user of a request is called elsewhere.
func (p *OIDC) Identities(r *http.Request) ([]news.Identity, error) {
	return p.o.Identities.Identities(r.Context(), ViewerOf(r.Context()).User.ID)
}

// Remove ends logins of the user of a request by an identity, or returns news.ErrNotFound.
func (p *OIDC) Remove(r *http.Request, id int64) error {
	return p.o.Identities.RemoveIdentity(r.Context(), ViewerOf(r.Context()).User, id)
}

// LoginError is why a login at a provider failed, in words for whoever logs in.
type LoginError struct {
	Text string
	Args []any // of the verbs in Text
	Err  error // of the provider, for the log; nil where there is none
}

// Error implements error.
func (e *LoginError) Error() string {
	text := fmt.Sprintf(e.Text, e.Args...)
	if e.Err != nil {
		return text + ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *LoginError) Unwrap() error { return e.Err }

// Is makes it an error of its route: it is for others.
func (e *LoginError) Is(target error) bool { return target == ErrForbidden }

// What a login under way carries in its session.
const (
	keyState    = "oidc state"
	keyNonce    = "oidc nonce"
	keyVerifier = "oidc verifier"
	keyNext     = "oidc next"
	keyLink     = "oidc link" // name of the user whose account gets the identity; "" logs in
)

// discovered returns the provider and what it is asked with. A provider that could not be reached is asked again.
func (p *OIDC) discovered(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.provider == nil {
		found, err := oidc.NewProvider(ctx, p.o.Issuer)
		if err != nil {
			return nil, nil, &LoginError{Text: "%s can't be reached. Log in with a password, or try again later.", Args: []any{p.o.Title}, Err: err}
		}
		p.provider, p.config = found, &oauth2.Config{
			ClientID: p.o.ClientID, ClientSecret: p.o.Secret, Endpoint: found.Endpoint(), RedirectURL: p.o.PublicURL + OIDCCallback,
			Scopes: []string{oidc.ScopeOpenID, "profile"},
		}
	}
	return p.provider, p.config, nil
}

// Begin begins a login in the session of a request and returns the address of the provider to go to. Afterwards it leads to next, a local
// address. Link gives the identity to the viewer's account rather than log in.
func (p *OIDC) Begin(r *http.Request, next string, link bool) (string, error) {
	ctx, cancel := context.WithTimeout(p.o.Through(r.Context()), providerTime)
	defer cancel()
	_, config, err := p.discovered(ctx)
	if err != nil {
		return "", err
	}
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	user := ""
	if link {
		user = ViewerOf(r.Context()).User.Name
	}
	for key, value := range map[string]string{keyState: state, keyNonce: nonce, keyVerifier: verifier, keyNext: next, keyLink: user} {
		p.o.Guard.Put(r, key, value)
	}
	return config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), nil
}

// Finish ends the login that a provider sends a user back from, and returns the address to go to. It begins a session, or gives the identity
// to the account for which Begin was called. What the request carries is used once.
func (p *OIDC) Finish(r *http.Request) (next string, err error) {
	take := func(key string) string { return p.o.Guard.Take(r, key) }
	state, nonce, verifier, link := take(keyState), take(keyNonce), take(keyVerifier), take(keyLink)
	next = take(keyNext)
	q := r.URL.Query()
	if state == "" || subtle.ConstantTimeCompare([]byte(state), []byte(q.Get("state"))) != 1 {
		return next, p.refused(r, "", &LoginError{Text: "This login was not begun in this browser, or more than ten minutes ago. Begin it again."})
	}
	if iss := q.Get("iss"); iss != "" && iss != p.o.Issuer { // RFC 9207
		return next, p.refused(r, "", &LoginError{Text: "The answer to the login came from another provider than %s. Begin it again.", Args: []any{p.o.Title}})
	}
	if problem := q.Get("error"); problem != "" {
		return next, p.refused(r, "", &LoginError{Text: "%s did not log you in.", Args: []any{p.o.Title}, Err: fmt.Errorf("%.200q: %.500q", problem, q.Get("error_description"))})
	}
	identity, claims, err := p.identify(r.Context(), q.Get("code"), nonce, verifier)
	if err != nil {
		var known *LoginError
		if errors.As(err, &known) {
			return next, p.refused(r, "", known)
		}
		return next, err
	}
	if link != "" {
		return next, p.link(r, link, identity)
	}
	return next, p.login(r, identity, claims)
}

// identify exchanges a code for an ID token, verifies it, and returns whom it is of, with the claims.
func (p *OIDC) identify(ctx context.Context, code, nonce, verifier string) (i news.Identity, claims map[string]any, err error) {
	ctx, cancel := context.WithTimeout(p.o.Through(ctx), providerTime)
	defer cancel()
	provider, client, err := p.discovered(ctx)
	if err != nil {
		return i, nil, err
	}
	failed := func(err error) error {
		return &LoginError{Text: "The login at %s could not be confirmed. Begin it again; if that does not help, tell an admin.", Args: []any{p.o.Title}, Err: err}
	}
	token, err := client.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return i, nil, failed(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return i, nil, failed(errors.New("the answer has no ID token"))
	}
	config := &oidc.Config{ClientID: p.o.ClientID, Now: p.o.Guard.now}
	id, err := provider.VerifierContext(ctx, config).Verify(ctx, raw)
	if err != nil {
		config.SkipExpiryCheck = true
		if id, timeless := provider.VerifierContext(ctx, config).Verify(ctx, raw); timeless == nil { // all but its times is right
			return i, nil, p.untimely(id, err)
		}
	}
	switch {
	case err != nil:
		return i, nil, failed(err)
	case nonce == "" || subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1:
		return i, nil, failed(errors.New("the ID token is of another login: its nonce differs"))
	case id.Subject == "" || len(id.Subject) > maxSubject:
		return i, nil, failed(errors.New("the ID token has no subject, or a longer one than 255 bytes"))
	}
	if err := id.Claims(&claims); err != nil {
		return i, nil, failed(err)
	}
	name, _ := claims[p.o.NameClaim].(string)
	return news.Identity{Issuer: id.Issuer, Subject: id.Subject, Name: strings.TrimSpace(name)}, claims, nil
}

// clockApart is how far the clock of a provider may be from ours before it is called wrong. An ID token is issued while we wait for it.
const clockApart = 2 * time.Minute

// untimely is why an ID token that is good but for its times was refused: one of the clocks is wrong, or the provider gave it no time.
func (p *OIDC) untimely(id *oidc.IDToken, err error) *LoginError {
	why := &LoginError{Text: "The login at %s is not valid at this time. Begin it again; if that does not help, tell an admin.", Args: []any{p.o.Title}, Err: err}
	if id.IssuedAt.IsZero() {
		return why
	}
	switch ahead := p.o.Guard.now().Sub(id.IssuedAt); {
	case ahead > clockApart:
		why.Text = "The clock of this server is %d minutes ahead of that of %s, so that the login has expired already. Tell an admin to set the clocks right."
		why.Args = []any{int(ahead.Round(time.Minute).Minutes()), p.o.Title}
	case ahead < -clockApart:
		why.Text = "The clock of this server is %d minutes behind that of %s, so that the login is not valid yet. Tell an admin to set the clocks right."
		why.Args = []any{int(-ahead.Round(time.Minute).Minutes()), p.o.Title}
	}
	return why
}

// login begins a session for the user of an identity, whom it creates where the settings say so.
func (p *OIDC) login(r *http.Request, i news.Identity, claims map[string]any) error {
	user, err := userOf(r.Context(), p.o.Identities, p.o.Create, i)
	var refused *LoginError
	switch {
	case errors.As(err, &refused):
		if _, has := claims[p.o.NameClaim]; !has && i.Name == "" && p.o.Create != "" {
			refused.Err = fmt.Errorf("the ID token has no claim %q", p.o.NameClaim)
		}
		return p.refused(r, cmp.Or(i.Name, i.Subject), refused)
	case err != nil:
		return err
	}
	return p.o.Guard.Begin(r, user, p.o.Title)
}

// link gives an identity to the account of a user who is still logged in.
func (p *OIDC) link(r *http.Request, user string, i news.Identity) error {
	if v := ViewerOf(r.Context()); v.User.Name != user {
		return p.refused(r, user, &LoginError{Text: "You are not logged in as %s any more. Log in, and link the account again.", Args: []any{user}})
	}
	err := p.o.Identities.AddIdentity(r.Context(), user, i)
	if !errors.Is(err, news.ErrExists) {
		return err
	}
	owner, err := p.o.Identities.IdentityUser(r.Context(), i.Issuer, i.Subject)
	if err != nil || owner.Name == user {
		return err
	}
	return p.refused(r, user, &LoginError{Text: "That login at %s belongs to another account already.", Args: []any{p.o.Title}})
}

// refused writes an audit line for a login that failed.
func (p *OIDC) refused(r *http.Request, who string, why *LoginError) error {
	ctx := news.WithActor(r.Context(), news.Actor{Name: ViewerOf(r.Context()).User.Name, Address: ingress.Address(r)})
	if err := p.o.Guard.store.Audit(ctx, news.AuditLoginRefused, who, p.o.Title+": "+why.Error()); err != nil {
		return err
	}
	return why
}

// userOf returns the user of an identity. Where nobody has it, it creates an account of that role, or for "" refuses with a *LoginError.
func userOf(ctx context.Context, identities Identities, create news.UserRole, i news.Identity) (news.User, error) {
	user, err := identities.IdentityUser(ctx, i.Issuer, i.Subject)
	if !errors.Is(err, news.ErrNotFound) {
		return user, err
	}
	name := cmp.Or(i.Name, i.Subject)
	if create == "" {
		return user, &LoginError{Text: "No account here belongs to %q. Log in with a password and link it, or ask an admin for an account.", Args: []any{name}}
	}
	if err := news.CheckName(name); err != nil {
		return user, &LoginError{Text: "%q can't be the name of an account here. Ask an admin for one.", Args: []any{name}, Err: err}
	}
	err = identities.AddUserWith(ctx, name, create, i)
	if errors.Is(err, news.ErrExists) {
		user, err = identities.IdentityUser(ctx, i.Issuer, i.Subject) // another request may have been first
		if errors.Is(err, news.ErrNotFound) {
			err = &LoginError{Text: "There is an account %q already, and it is not linked to this login. If it is yours, log in with its password and link it; else ask an admin.", Args: []any{name}}
		}
		return user, err
	}
	if err != nil {
		return user, err
	}
	return identities.IdentityUser(ctx, i.Issuer, i.Subject)
}
