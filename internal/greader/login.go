package greader

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"headwater/internal/news"
)

// login answers ClientLogin, by which a reader turns name and password into a token.
func (c *call) login() error {
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
	token, err := c.gate.try(c.ctx(), c.r.RemoteAddr, name, func(ctx context.Context) (string, error) {
		return c.room.Login(ctx, name, c.r.PostFormValue("Passwd"))
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

// readForm reads query and body. Some readers post forms without saying that they are, and curl says of every body that it
// is one: a raw body is left alone.
func (c *call) readForm(raw bool) error {
	switch {
	case raw:
		c.r.Header.Set("Content-Type", "application/octet-stream")
	case c.r.Method == http.MethodPost && c.r.Header.Get("Content-Type") == "":
		c.r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	err := c.r.ParseForm()
	var large *http.MaxBytesError
	if err == nil || errors.As(err, &large) || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return bad("the form cannot be read: %v", err)
}

// enter lets a user in, and looks at method and token of what changes something.
func (c *call) enter(e endpoint) error {
	method := c.r.Method
	if method != http.MethodPost && (method != http.MethodGet || e.writes) {
		allowed := "GET, POST"
		if e.writes {
			allowed = http.MethodPost
		}
		c.w.Header().Set("Allow", allowed)
		return problem(http.StatusMethodNotAllowed, "%s takes no %s; send a POST", c.r.URL.Path, method)
	}
	token, ok := bearer(c.r.Header.Get("Authorization"))
	if !ok {
		return c.unauthorised()
	}
	user, err := c.room.UserOf(c.ctx(), token)
	if errors.Is(err, news.ErrNotFound) {
		return c.unauthorised()
	}
	if err != nil {
		return err
	}
	c.user, c.auth = user, token
	if err := c.readForm(e.raw); err != nil {
		return err
	}
	if e.writes {
		return c.checkToken(c.r.FormValue("T"))
	}
	return nil
}

func (c *call) unauthorised() error {
	c.w.Header().Set("WWW-Authenticate", `GoogleLogin realm="`+loginPath+`", service="reader"`)
	return problem(http.StatusUnauthorized, "Error=BadAuthentication\nInfo=log in at %s first", loginPath)
}

// bearer reads "GoogleLogin auth=TOKEN".
func bearer(header string) (token string, ok bool) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if !strings.EqualFold(scheme, "GoogleLogin") {
		return "", false
	}
	for part := range strings.SplitSeq(rest, ",") {
		if token, ok := strings.CutPrefix(strings.TrimSpace(part), "auth="); ok {
			return strings.Trim(token, `"`), true
		}
	}
	return "", false
}

// editToken is what Google asked for with each change, 57 characters. It adds nothing to the header, which alone lets in:
// readers that send none, or the "x" that some make up, are let through.
func (c *call) editToken() string {
	sum := sha256.Sum256([]byte("edit " + c.auth))
	return hex.EncodeToString(sum[:])[:57]
}

func (c *call) token() error { return c.text(c.editToken()) }

// checkToken refuses one that is not ours, in the way that makes a reader ask for another.
func (c *call) checkToken(token string) error {
	token = strings.TrimSpace(token)
	if token == "" || token == "x" || same(token, c.editToken()) || same(token, c.auth) {
		return nil
	}
	c.w.Header().Set("X-Reader-Google-Bad-Token", "true")
	return problem(http.StatusUnauthorized, "Error=BadToken\nInfo=ask %stoken for another", apiPath)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// How often a password may be tried for one name from one place, before the next try has to wait.
const (
	freeTries  = 10
	triesReset = 5 * time.Minute
	maxTries   = 10_000 // names and places that are remembered
	hashing    = 2      // passwords that are hashed at once, each in 19 MB
)

// gate slows down who tries passwords.
type gate struct {
	now   func() time.Time
	slots chan struct{}

	mu    sync.Mutex
	tries map[string]tries
}

type tries struct {
	failed int
	reset  time.Time
}

func newGate(now func() time.Time) *gate {
	return &gate{now: now, slots: make(chan struct{}, hashing), tries: map[string]tries{}}
}

// try logs in unless too many tries failed. A try counts as failed until it succeeds, so that many at once count too.
func (g *gate) try(ctx context.Context, from, name string, login func(context.Context) (string, error)) (string, error) {
	host, _, err := net.SplitHostPort(from)
	if err != nil {
		host = from
	}
	key := host + " " + name
	if wait := g.count(key); wait > 0 {
		return "", problem(http.StatusTooManyRequests, "Error=CaptchaRequired\nInfo=too many wrong passwords; try again in %s seconds",
			strconv.Itoa(int(wait.Seconds())+1))
	}
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	token, err := login(ctx)
	if err == nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.tries, key)
	}
	return token, err
}

// count notes a try and says how long the next has to wait.
func (g *gate) count(key string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	t := g.tries[key]
	if !now.Before(t.reset) {
		t = tries{reset: now.Add(triesReset)}
	}
	if t.failed >= freeTries {
		return t.reset.Sub(now)
	}
	t.failed++
	if _, known := g.tries[key]; !known && len(g.tries) >= maxTries {
		g.forget(now)
	}
	g.tries[key] = t
	return 0
}

// forget makes room: those go whose time is over, or else the one with the fewest tries, so that names by the thousand do
// not give anybody new tries at one.
func (g *gate) forget(now time.Time) {
	maps.DeleteFunc(g.tries, func(_ string, t tries) bool { return !now.Before(t.reset) })
	if len(g.tries) < maxTries {
		return
	}
	least, fewest := "", freeTries+1
	for key, t := range g.tries {
		if t.failed < fewest {
			least, fewest = key, t.failed
		}
	}
	delete(g.tries, least)
}
