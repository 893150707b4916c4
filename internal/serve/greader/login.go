package greader

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/ingress"
)

const (
	loginPath = "/accounts/ClientLogin"
	apiPath   = "/reader/api/0/"
)

// login answers ClientLogin, by which a client exchanges name and password for a token.
func (c *call) login(limiter *loginLimiter) error {
	switch {
	case c.r.URL.Query().Has("Passwd"):
		return bad("send the password in the body of a POST, not in the address, which logs keep")
	case c.r.Method != http.MethodPost:
		c.w.Header().Set("Allow", http.MethodPost)
		return problem(http.StatusMethodNotAllowed, "log in with POST")
	}
	if err := c.readForm(false); err != nil {
		return err
	}
	name := c.r.PostFormValue("Email")
	token, err := limiter.try(c.ctx(), ingress.Client(c.r), name, func(ctx context.Context) (string, error) {
		return c.backend.Login(ctx, name, c.r.PostFormValue("Passwd"))
	})
	switch {
	case errors.Is(err, news.ErrPassword):
		c.log.Warn("a login of the Google Reader API was refused", "name", name, "from", c.r.RemoteAddr)
		return problem(http.StatusUnauthorized, "Error=BadAuthentication")
	case errors.Is(err, news.ErrNoUsers):
		return problem(http.StatusUnauthorized, "Error=BadAuthentication\nInfo=%v", err)
	case err != nil:
		return err
	}
	if c.r.FormValue("output") == "json" {
		return c.json(map[string]string{"SID": token, "LSID": token, "Auth": token})
	}
	return c.text(fmt.Sprintf("SID=%s\nLSID=%s\nAuth=%s\n", token, token, token))
}

// authenticate finds the user by the header "Authorization: GoogleLogin auth=TOKEN".
func (c *call) authenticate(limiter *loginLimiter) error {
	unauthorised := func() error {
		c.w.Header().Set("WWW-Authenticate", `GoogleLogin realm="`+loginPath+`", service="reader"`)
		return problem(http.StatusUnauthorized, "Error=BadAuthentication\nInfo=log in at %s first", loginPath)
	}
	scheme, rest, _ := strings.Cut(strings.TrimSpace(c.r.Header.Get("Authorization")), " ")
	if !strings.EqualFold(scheme, "GoogleLogin") {
		return unauthorised()
	}
	for part := range strings.SplitSeq(rest, ",") {
		token, ok := strings.CutPrefix(strings.TrimSpace(part), "auth=")
		if !ok {
			continue
		}
		var err error
		c.auth = strings.Trim(token, `"`)
		c.user, err = c.backend.UserOf(c.ctx(), c.auth)
		if errors.Is(err, news.ErrNotFound) {
			if err := limiter.wrongToken(ingress.Client(c.r)); err != nil {
				return err
			}
			return unauthorised()
		}
		return err
	}
	return unauthorised()
}

// editToken is what Google asked for with each change, 57 characters. It protects nothing, since the header alone
// authenticates: clients that send none, or the "x" that some make up, are let through.
func (c *call) editToken() string {
	sum := sha256.Sum256([]byte("edit " + c.auth))
	return hex.EncodeToString(sum[:])[:57]
}

func (c *call) token() error { return c.text(c.editToken()) }

// checkToken refuses a token that is not ours, in the way that makes a client ask for another.
func (c *call) checkToken(token string) error {
	token = strings.TrimSpace(token)
	same := func(ours string) bool { return subtle.ConstantTimeCompare([]byte(token), []byte(ours)) == 1 }
	if token == "" || token == "x" || same(c.editToken()) || same(c.auth) {
		return nil
	}
	c.w.Header().Set("X-Reader-Google-Bad-Token", "true")
	return problem(http.StatusUnauthorized, "Error=BadToken\nInfo=ask %stoken for another", apiPath)
}

func (c *call) userInfo() error {
	id := strconv.FormatInt(c.user.ID, 10)
	return c.json(map[string]string{
		"userId": id, "userName": c.user.Name, "userProfileId": id, "userEmail": c.user.Name,
	})
}

func (c *call) preferences() error { return c.json(map[string][]string{"prefs": {}}) }

func (c *call) streamPreferences() error {
	return c.json(map[string]map[string]string{"streamprefs": {}})
}

const (
	triesReset  = 5 * time.Minute        // from the first wrong password to when they are forgotten
	pairTries   = 10                     // wrong passwords of a client for a name; then it has to wait
	clientTries = 50                     // wrong passwords of a client for all names; then it has to wait
	nameTries   = 20                     // wrong passwords of all clients for a name; then answers for it are delayed
	nameDelay   = 200 * time.Millisecond // for each try beyond nameTries
	maxDelay    = 5 * time.Second
	tokenTries  = 100                 // wrong tokens of a client
	knownFor    = 30 * 24 * time.Hour // how long it counts that a client has logged in under a name
	maxTries    = 10_000              // keys of each kind that are remembered
	maxHashing  = 2                   // passwords that are hashed at once, each in 19 MB
)

// loginLimiter slows down who tries passwords. In five minutes a client has ten tries for one name and fifty for all; a try
// counts as failed until it succeeds. Refusals depend on the client that asks, so that no stranger locks a name out: after
// twenty failures of whoever it be, answers for a name take up to 5 s, but not for clients that have logged in under it. A
// client with a hundred wrong tokens gets 429 for further ones; right ones pass. Two passwords are hashed at once. What is
// counted is bounded.
type loginLimiter struct {
	hashing chan struct{}
	pairs   *ingress.WindowCounter[loginPair]
	clients *ingress.WindowCounter[netip.Prefix]
	names   *ingress.WindowCounter[nameHash]
	tokens  *ingress.WindowCounter[netip.Prefix]
	known   *ingress.WindowCounter[loginPair] // logins that succeeded
}

// nameHash is the hash of a name that a client sent, which may be long.
type nameHash [sha256.Size]byte

type loginPair struct {
	client netip.Prefix
	name   nameHash
}

func newLoginLimiter(now func() time.Time) *loginLimiter {
	return &loginLimiter{
		hashing: make(chan struct{}, maxHashing),
		pairs:   ingress.NewWindowCounter[loginPair](now, triesReset, maxTries),
		clients: ingress.NewWindowCounter[netip.Prefix](now, triesReset, maxTries),
		names:   ingress.NewWindowCounter[nameHash](now, triesReset, maxTries),
		tokens:  ingress.NewWindowCounter[netip.Prefix](now, triesReset, maxTries),
		known:   ingress.NewWindowCounter[loginPair](now, knownFor, maxTries),
	}
}

// try logs in unless too many tries failed. A try counts as failed until it succeeds, so that many at once count too.
func (l *loginLimiter) try(ctx context.Context, client netip.Prefix, name string, login func(context.Context) (string, error)) (string, error) {
	tooMany := func(left time.Duration) error {
		return problem(http.StatusTooManyRequests, "Error=CaptchaRequired\nInfo=too many wrong passwords; try again in %d seconds", int(left.Seconds())+1)
	}
	key := loginPair{client, sha256.Sum256([]byte(name))}
	known := l.known.Has(key)
	if n, left := l.pairs.Add(key); n > pairTries {
		return "", tooMany(left)
	}
	if n, left := l.clients.Add(client); n > clientTries && !known {
		return "", tooMany(left)
	}
	if n, _ := l.names.Add(key.name); n > nameTries && !known {
		select {
		case <-time.After(min(time.Duration(n-nameTries)*nameDelay, maxDelay)):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	select {
	case l.hashing <- struct{}{}:
		defer func() { <-l.hashing }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	token, err := login(ctx)
	if err == nil {
		l.pairs.Forget(key)
		l.clients.Undo(client)
		l.names.Undo(key.name)
		l.known.Add(key)
	}
	return token, err
}

// wrongToken counts a wrong token, and refuses a client that has sent many.
func (l *loginLimiter) wrongToken(client netip.Prefix) error {
	if n, left := l.tokens.Add(client); n > tokenTries {
		return problem(http.StatusTooManyRequests, "too many wrong tokens; log in again, or try again in %d seconds", int(left.Seconds())+1)
	}
	return nil
}
