package greader

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/ingress"
)

const (
	loginPath = "/accounts/ClientLogin"
	apiPath   = "/reader/api/0/"
)

// login answers ClientLogin, by which a client exchanges name and password for a token.
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
	var token string
	err := c.access.Limiter().Try(c.ctx(), ingress.Client(c.r), name, func(ctx context.Context) (err error) {
		token, err = c.backend.Login(ctx, name, c.r.PostFormValue("Passwd"))
		return err
	})
	var many *access.TooManyError
	switch {
	case errors.As(err, &many):
		return problem(http.StatusTooManyRequests, "Error=CaptchaRequired\nInfo=too many wrong passwords; try again in %d seconds", many.Seconds())
	case errors.Is(err, news.ErrPassword):
		c.log.Warn("a login of the Google Reader API was refused", "name", name, "from", c.r.RemoteAddr)
		if err := c.audit("", news.AuditLoginRefused, name); err != nil {
			return err
		}
		return problem(http.StatusUnauthorized, "Error=BadAuthentication")
	case errors.Is(err, news.ErrNoUsers):
		return problem(http.StatusUnauthorized, "Error=BadAuthentication\nInfo=%v", err)
	case err != nil:
		return err
	}
	if err := c.audit(name, news.AuditLogin, name); err != nil {
		return err
	}
	if c.r.FormValue("output") == "json" {
		return c.json(map[string]string{"SID": token, "LSID": token, "Auth": token})
	}
	return c.text(fmt.Sprintf("SID=%s\nLSID=%s\nAuth=%s\n", token, token, token))
}

// audit writes that a feed reader logged in, or was refused.
func (c *call) audit(actor string, action news.AuditAction, name string) error {
	ctx := news.WithActor(c.ctx(), news.Actor{Name: actor, Address: ingress.Address(c.r)})
	return c.backend.Audit(ctx, action, name, "feed reader")
}

// authenticate finds the user by the header "Authorization: GoogleLogin auth=TOKEN".
func (c *call) authenticate() error {
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
			var many *access.TooManyError
			if errors.As(c.access.WrongToken(c.r), &many) {
				return problem(http.StatusTooManyRequests, "too many wrong tokens; log in again, or try again in %d seconds", many.Seconds())
			}
			return unauthorised()
		}
		if err == nil {
			c.viewer, err = c.access.ViewerFor(c.ctx(), c.user)
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
