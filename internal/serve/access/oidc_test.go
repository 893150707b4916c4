package access_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"

	"headwater/internal/accounts"
	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/ingress"
	"headwater/internal/store"
	"headwater/internal/store/storetest"
)

// site is a server whose users log in at a provider, or by a header of a proxy.
type site struct {
	*httptest.Server
	store    *store.DB
	accounts *accounts.Accounts
	oidc     *access.OIDC
	ahead    atomic.Int64 // how far its clock is ahead of the time, a time.Duration
}

// identities are the users of a site.
type identities struct {
	*store.DB
	accounts *accounts.Accounts
}

func (i identities) AddUserWith(ctx context.Context, name string, role news.UserRole, of news.Identity) error {
	return i.accounts.AddUserWith(ctx, name, role, of)
}

// newSite makes a site. change may change the options of the provider, of which a zero Issuer is none; header is that of trusted proxies.
func newSite(t *testing.T, p *provider, header string, proxies []netip.Prefix, create news.UserRole, change func(*access.OIDCOptions)) *site {
	t.Helper()
	db := storetest.Open(t, t.TempDir())
	s := &site{store: db, accounts: accounts.New(db, time.Now)}
	must(t, s.accounts.AddUserAs(t.Context(), "admin", "the admin's password", news.AdminRole))
	client, err := fetch.New(fetch.Options{UserAgent: "Headwater/test", AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	must(t, err)
	t.Cleanup(client.Close)
	of := identities{db, s.accounts}
	s.Server = httptest.NewUnstartedServer(nil)
	address := "http://" + s.Listener.Addr().String()
	o := access.Options{Store: db, Accounts: s.accounts, PublicURL: address, Now: func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }}
	if header != "" {
		o.Authenticators = append(o.Authenticators, access.ByHeader(header, of, create))
	}
	guard := access.New(o)
	if p != nil {
		options := access.OIDCOptions{
			Guard: guard, Identities: of, Issuer: p.URL, ClientID: clientID, Secret: clientSecret, Title: "Example ID", Create: create, PublicURL: address, Through: client.Through,
		}
		if change != nil {
			change(&options)
		}
		s.oidc = access.NewOIDC(options)
	}
	refuse := func(w http.ResponseWriter, _ *http.Request, _ access.Need, err error) {
		http.Error(w, err.Error(), http.StatusForbidden)
	}
	lead := func(w http.ResponseWriter, r *http.Request, to string, err error) {
		var refused *access.LoginError
		switch {
		case errors.As(err, &refused):
			http.Error(w, refused.Error(), http.StatusForbidden)
		case err != nil:
			t.Errorf("%s: %v", r.URL, err)
			http.Error(w, err.Error(), http.StatusInternalServerError)
		default:
			http.Redirect(w, r, to, http.StatusSeeOther)
		}
	}
	router := access.NewRouter(guard, refuse)
	router.Handle("GET /login/oidc", access.Visitor, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, err := s.oidc.Begin(r, "/after", r.URL.Query().Has("link"))
		lead(w, r, to, err)
	}))
	router.Handle("GET "+access.OIDCCallback, access.Visitor, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next, err := s.oidc.Finish(r)
		lead(w, r, next, err)
	}))
	router.Handle("GET /login", access.Visitor, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := guard.Login(r, r.URL.Query().Get("name"), r.URL.Query().Get("password")); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	who := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u := access.ViewerOf(r.Context()).User
		_, _ = io.WriteString(w, u.Name+" "+string(u.Role)) // an error here means that the client has gone
	})
	router.Handle("GET /after", access.Reader, who)
	router.Handle("GET /who", access.Reader, who)
	s.Config.Handler = ingress.New(t.Context(), ingress.Options{Hosts: ingress.NewHosts(s.Listener.Addr().String(), "", nil), Proxies: proxies, TrustedHeader: header}, router)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// browser keeps cookies and follows redirects.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &http.Client{Jar: jar, Timeout: 30 * time.Second}
}

// get gives the status and the text of a page, and where redirects led to.
func get(t *testing.T, b *http.Client, address string, header ...string) (status int, text, at string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	must(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := b.Do(req)
	must(t, err)
	defer func() { _ = resp.Body.Close() }() // it has been read
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, strings.TrimSpace(string(body)), resp.Request.URL.Path
}

// stopAt has a browser not follow redirects to a path, and gives what it would have asked for.
func stopAt(b *http.Client, path string) *url.URL {
	var stopped url.URL
	b.CheckRedirect = func(req *http.Request, _ []*http.Request) error {
		if req.URL.Path == path {
			stopped = *req.URL
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &stopped
}

func (s *site) audit(t *testing.T, action news.AuditAction) []string {
	t.Helper()
	events, err := s.store.AuditEvents(t.Context(), 0, 100)
	must(t, err)
	var out []string
	for _, e := range events {
		if e.Action == action {
			out = append(out, e.Subject+": "+e.Detail)
		}
	}
	return out
}

// TestOIDCLogin creates an account at the first login where the settings say so, and finds it by issuer and subject later, whatever it is called
// then. Each key of the provider's is good.
func TestOIDCLogin(t *testing.T) {
	p := newProvider(t)
	s := newSite(t, p, "", nil, news.EditorRole, nil)
	if status, text, at := get(t, browser(t), s.URL+"/login/oidc"); status != 200 || text != "anna editor" || at != "/after" {
		t.Fatalf("the first login: %d %q at %s", status, text, at)
	}
	p.set(func(p *provider) {
		p.alg, p.user = "ES256", map[string]any{"sub": "248289761001", "preferred_username": "admin"}
	})
	if status, text, _ := get(t, browser(t), s.URL+"/login/oidc"); status != 200 || text != "anna editor" {
		t.Fatalf("under another name: %d %q", status, text)
	}
	if got := s.audit(t, news.AuditLogin); len(got) != 2 || got[0] != "anna: Example ID" {
		t.Errorf("the audit has %q", got)
	}
	if got := s.audit(t, news.AuditUserAdded); len(got) != 2 || !strings.HasPrefix(got[0], "anna: editor, by http://") {
		t.Errorf("the audit has %q", got)
	}
	// The name of an account that there is leads nowhere.
	p.set(func(p *provider) { p.user = map[string]any{"sub": "666", "preferred_username": "admin"} })
	if status, text, _ := get(t, browser(t), s.URL+"/login/oidc"); status != 403 || !strings.Contains(text, `There is an account "admin" already`) {
		t.Errorf("the name of the admin: %d %q", status, text)
	}
	for _, name := range []any{"", nil, 7, strings.Repeat("a", 300), "a\x00b", []string{"x"}} {
		p.set(func(p *provider) { p.user = map[string]any{"sub": "777", "preferred_username": name} })
		status, text, _ := get(t, browser(t), s.URL+"/login/oidc")
		if name == "" || name == nil || name == 7 { // the subject serves as a name
			continue
		}
		if _, isText := name.(string); isText && (status != 200 || text != "777 editor") && !strings.Contains(text, "can't be the name") {
			t.Errorf("%.20v: %d %.100q", name, status, text)
		}
	}
}

// TestOIDCLink lets a user link a login while logged in, and refuses that of another account.
func TestOIDCLink(t *testing.T) {
	p := newProvider(t)
	s := newSite(t, p, "", nil, "", nil)
	if status, text, _ := get(t, browser(t), s.URL+"/login/oidc"); status != 403 || !strings.Contains(text, `No account here belongs to "anna"`) {
		t.Fatalf("without an account: %d %q", status, text)
	}
	if got := s.audit(t, news.AuditLoginRefused); len(got) != 1 || !strings.HasPrefix(got[0], "anna: Example ID: No account here") {
		t.Errorf("the audit has %q", got)
	}
	b := browser(t)
	get(t, b, s.URL+"/login?name=admin&password="+url.QueryEscape("the admin's password"))
	for range 2 { // twice changes nothing
		if status, text, _ := get(t, b, s.URL+"/login/oidc?link"); status != 200 || text != "admin admin" {
			t.Fatalf("linking: %d %q", status, text)
		}
	}
	if status, text, _ := get(t, browser(t), s.URL+"/login/oidc"); status != 200 || text != "admin admin" {
		t.Errorf("a login afterwards: %d %q", status, text)
	}
	must(t, s.accounts.AddUser(t.Context(), "ben", "the password of ben"))
	other := browser(t)
	get(t, other, s.URL+"/login?name=ben&password="+url.QueryEscape("the password of ben"))
	if status, text, _ := get(t, other, s.URL+"/login/oidc?link"); status != 403 || !strings.Contains(text, "belongs to another account") {
		t.Errorf("that of another account: %d %q", status, text)
	}
	if _, text, _ := get(t, other, s.URL+"/who"); text != "ben reader" {
		t.Errorf("afterwards ben is %q", text)
	}
	admin, err := s.store.FirstAdmin(t.Context())
	must(t, err)
	list, err := s.store.Identities(t.Context(), admin.ID)
	must(t, err)
	if len(list) != 1 || list[0].Subject != "248289761001" || list[0].Issuer != p.URL {
		t.Fatalf("%+v", list)
	}
	must(t, s.store.RemoveIdentity(t.Context(), admin, list[0].ID))
	if status, _, _ := get(t, browser(t), s.URL+"/login/oidc"); status != 403 {
		t.Errorf("after unlinking: %d", status)
	}
}

// TestOIDCAttacks has providers and strangers lie in each way that the protocol guards against. None of them gets a session.
func TestOIDCAttacks(t *testing.T) {
	p, stranger := newProvider(t), newProvider(t)
	s := newSite(t, p, "", nil, news.ReaderRole, nil)
	claims := func(change func(map[string]any)) func(*provider) { return func(p *provider) { p.spoil = change } }
	for _, tt := range []struct {
		name, says string
		change     func(*provider)
	}{
		{"another audience", "could not be confirmed", claims(func(c map[string]any) { c["aud"] = "another" })},
		{"another issuer", "could not be confirmed", claims(func(c map[string]any) { c["iss"] = stranger.URL })},
		{"another nonce", "its nonce differs", claims(func(c map[string]any) { c["nonce"] = "x" })},
		{"no nonce", "its nonce differs", claims(func(c map[string]any) { delete(c, "nonce") })},
		{"expired", "is not valid at this time", claims(func(c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() })},
		{"not valid before an hour from now", "is not valid at this time", claims(func(c map[string]any) { c["nbf"] = time.Now().Add(time.Hour).Unix() })},
		{"no subject", "no subject", claims(func(c map[string]any) { c["sub"] = "" })},
		{"a long subject", "no subject", claims(func(c map[string]any) { c["sub"] = strings.Repeat("s", 256) })},
		{"alg none", "could not be confirmed", func(p *provider) {
			p.sign = func(claims string) string { return encode(`{"alg":"none"}`) + "." + encode(claims) + "." }
		}},
		{"HMAC with the client's secret", "could not be confirmed", func(p *provider) {
			p.sign = func(claims string) string {
				return encode(`{"alg":"HS256","kid":"RS256"}`) + "." + encode(claims) + ".AAAA"
			}
		}},
		{"a key of somebody else's", "could not be confirmed", func(p *provider) {
			p.sign = func(claims string) string {
				return oidctest.SignIDToken(stranger.keys["RS256"], "RS256", "RS256", claims)
			}
		}},
		{"garbage", "could not be confirmed", func(p *provider) { p.sign = func(string) string { return "\x00 garbage" } }},
		{"no ID token", "could not be confirmed", func(p *provider) { p.sign = func(string) string { return "" } }},
		{"a refusal", `did not log you in.: "access_denied": "<b>no</b>"`, func(p *provider) { p.denies = true }},
	} {
		p.set(tt.change)
		b := browser(t)
		if status, text, _ := get(t, b, s.URL+"/login/oidc"); status != 403 || !strings.Contains(text, tt.says) {
			t.Errorf("%s: %d %q, want %q", tt.name, status, text, tt.says)
		}
		if status, text, _ := get(t, b, s.URL+"/who"); status != 403 {
			t.Errorf("%s: logged in as %s", tt.name, text)
		}
	}
	p.set(func(*provider) {})
	// What comes back to the callback is from another login, or comes twice.
	begun := func(b *http.Client) *url.URL {
		at := stopAt(b, access.OIDCCallback)
		get(t, b, s.URL+"/login/oidc")
		return at
	}
	victim, attacker := browser(t), browser(t)
	mine, theirs := begun(victim), begun(attacker)
	with := func(u *url.URL, key, value string) string {
		q := u.Query()
		q.Set(key, value)
		return s.URL + access.OIDCCallback + "?" + q.Encode()
	}
	for _, tt := range []struct {
		name    string
		address string
		says    string
	}{
		{"the attacker's answer in the victim's browser", theirs.String(), "not begun in this browser"},
		{"the victim's own answer after that", mine.String(), "not begun in this browser"},
		{"no state", s.URL + access.OIDCCallback + "?code=x", "not begun in this browser"},
	} {
		if status, text, _ := get(t, victim, tt.address); status != 403 || !strings.Contains(text, tt.says) {
			t.Errorf("%s: %d %q", tt.name, status, text)
		}
	}
	victim = browser(t)
	mine = begun(victim)
	if status, text, _ := get(t, victim, with(mine, "code", theirs.Query().Get("code"))); status != 403 || !strings.Contains(text, "could not be confirmed") {
		t.Errorf("a code of another login, whose PKCE verifier is another: %d %q", status, text)
	}
	mine = begun(victim)
	if status, text, _ := get(t, victim, with(mine, "iss", stranger.URL)); status != 403 || !strings.Contains(text, "came from another provider") {
		t.Errorf("the answer of another provider: %d %q", status, text)
	}
	mine = begun(victim)
	if status, text, _ := get(t, victim, mine.String()); status != 200 || text != "anna reader" {
		t.Fatalf("a good login: %d %q", status, text)
	}
	if status, text, _ := get(t, browser(t), mine.String()); status != 403 {
		t.Errorf("the same answer in another browser: %d %q", status, text)
	}
	if status, text, _ := get(t, victim, mine.String()); status != 403 || !strings.Contains(text, "not begun") {
		t.Errorf("the same answer again: %d %q", status, text)
	}
	again := begun(victim)
	if status, text, _ := get(t, victim, with(again, "code", mine.Query().Get("code"))); status != 403 || !strings.Contains(text, "could not be confirmed") {
		t.Errorf("a code that was used: %d %q", status, text)
	}
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// TestOIDCAway says that a provider does not answer, asks it again later, and reaches none at a private address that is not allowed.
func TestOIDCAway(t *testing.T) {
	p := newProvider(t)
	s := newSite(t, p, "", nil, news.ReaderRole, nil)
	handler := p.Config.Handler
	away := false
	p.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		gone := away
		p.mu.Unlock()
		if gone {
			http.Error(w, "<html>down", http.StatusBadGateway)
			return
		}
		handler.ServeHTTP(w, r)
	})
	be := func(gone bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		away = gone
	}
	be(true)
	if status, text, _ := get(t, browser(t), s.URL+"/login/oidc"); status != 403 || !strings.Contains(text, "Example ID can't be reached. Log in with a password") {
		t.Errorf("%d %q", status, text)
	}
	be(false)
	b := browser(t)
	back := stopAt(b, access.OIDCCallback)
	get(t, b, s.URL+"/login/oidc")
	be(true)
	if status, text, _ := get(t, b, back.String()); status != 403 || !strings.Contains(text, "could not be confirmed") {
		t.Errorf("away in the middle: %d %q", status, text)
	}
	be(false)
	if status, text, _ := get(t, browser(t), s.URL+"/login/oidc"); status != 200 || text != "anna reader" {
		t.Errorf("back: %d %q", status, text)
	}
	public, err := fetch.New(fetch.Options{UserAgent: "Headwater/test"})
	must(t, err)
	t.Cleanup(public.Close)
	guarded := newSite(t, p, "", nil, news.ReaderRole, func(o *access.OIDCOptions) { o.Through = public.Through })
	if status, text, _ := get(t, browser(t), guarded.URL+"/login/oidc"); status != 403 || !strings.Contains(text, "fetch.allow_private") {
		t.Errorf("a private address: %d %q", status, text)
	}
	other := newProvider(t)
	lying := newSite(t, p, "", nil, news.ReaderRole, func(o *access.OIDCOptions) { o.Issuer = other.URL + "/" })
	if status, text, _ := get(t, browser(t), lying.URL+"/login/oidc"); status != 403 || !strings.Contains(text, "can't be reached") {
		t.Errorf("a discovery document of another issuer: %d %q", status, text)
	}
}

// TestProxyHeader believes the header of trusted proxies alone.
func TestProxyHeader(t *testing.T) {
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	elsewhere := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	trusting, stranger := newSite(t, nil, "remote-user", loopback, news.ReaderRole, nil), newSite(t, nil, "Remote-User", elsewhere, news.ReaderRole, nil)
	strict := newSite(t, nil, "Remote-User", loopback, "", nil)
	must(t, strict.store.AddIdentity(t.Context(), "admin", news.Identity{Issuer: news.HeaderIssuer + "Remote-User", Subject: "a.miller"}))
	for _, tt := range []struct {
		name   string
		site   *site
		header []string
		status int
		says   string
	}{
		{"a proxy", trusting, []string{"Remote-User", "anna"}, 200, "anna reader"},
		{"again", trusting, []string{"Remote-User", "anna"}, 200, "anna reader"},
		{"the name of an account", trusting, []string{"Remote-User", "admin"}, 403, `There is an account "admin" already`},
		{"two names", trusting, []string{"Remote-User", "anna", "Remote-User", "admin"}, 403, "more than one user"},
		{"another header", trusting, []string{"X-Remote-User", "anna"}, 403, "log in first"},
		{"an underscore", trusting, []string{"Remote_User", "anna"}, 403, "log in first"},
		{"an empty one", trusting, []string{"Remote-User", ""}, 403, "log in first"},
		{"a long one", trusting, []string{"Remote-User", strings.Repeat("a", 256)}, 403, "too long"},
		{"a name that can be none", trusting, []string{"Remote-User", "   \t"}, 403, "log in first"},
		{"a stranger", stranger, []string{"Remote-User", "anna"}, 403, "log in first"},
		{"a stranger as the admin", stranger, []string{"Remote-User", "admin"}, 403, "log in first"},
		{"no account", strict, []string{"Remote-User", "anna"}, 403, `No account here belongs to "anna"`},
		{"an account of that name", strict, []string{"Remote-User", "admin"}, 403, `No account here belongs to "admin"`},
		{"a linked one", strict, []string{"Remote-User", "a.miller"}, 200, "admin admin"},
	} {
		if status, text, _ := get(t, browser(t), tt.site.URL+"/who", tt.header...); status != tt.status || !strings.Contains(text, tt.says) {
			t.Errorf("%s: %d %q, want %d %q", tt.name, status, text, tt.status, tt.says)
		}
	}
	users, err := stranger.store.Users(t.Context())
	must(t, err)
	if len(users) != 1 {
		t.Errorf("a stranger made %+v", users)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
