package greader

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"headwater/internal/news"
	"headwater/internal/serve/ingress"
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
	token, err := c.gate.try(c.ctx(), ingress.Client(c.r), name, func(ctx context.Context) (string, error) {
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
	user, err := c.backend.UserOf(c.ctx(), token)
	if errors.Is(err, news.ErrNotFound) {
		if err := c.gate.wrongToken(ingress.Client(c.r)); err != nil {
			return err
		}
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
