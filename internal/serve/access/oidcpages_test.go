package access_test

import (
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"headwater/internal/accounts"
	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/serve/access"
	"headwater/internal/serve/ingress"
	"headwater/internal/serve/web"
	"headwater/internal/store/storetest"
	"headwater/internal/subscribe"
)

// TestOIDCPages logs in by the link of the form, which leads back to where the user was and nowhere else, and links and unlinks logins.
func TestOIDCPages(t *testing.T) {
	p := newProvider(t)
	db := storetest.Open(t, t.TempDir())
	users := accounts.New(db, time.Now)
	must(t, users.AddUserAs(t.Context(), "admin", "the admin's password", news.AdminRole))
	client, err := fetch.New(fetch.Options{UserAgent: "Headwater/test", AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	must(t, err)
	t.Cleanup(client.Close)
	srv := httptest.NewUnstartedServer(nil)
	address := "http://" + srv.Listener.Addr().String()
	guard := access.New(access.Options{Store: db, Accounts: users, PublicURL: address})
	pages := web.New(web.Options{
		Backend: web.Backend{SettingsStore: db, TopicStore: db, AccountStore: db, ItemStore: db, TopicEditor: &subscribe.Topics{Store: db, Now: time.Now}}, Access: guard, PublicURL: address,
		OIDC: access.NewOIDC(access.OIDCOptions{
			Guard: guard, Identities: identities{db, users}, Issuer: p.URL, ClientID: clientID, Secret: clientSecret, Title: "Example ID", Create: news.ReaderRole,
			PublicURL: address, Through: client.Through,
		}),
	})
	srv.Config.Handler = ingress.New(t.Context(), ingress.Options{Hosts: ingress.NewHosts(srv.Listener.Addr().String(), "", nil)}, pages)
	srv.Start()
	t.Cleanup(srv.Close)

	b := browser(t)
	_, form, _ := get(t, b, address+"/login?next=/account/logins")
	link := regexp.MustCompile(`<a href="([^"]*)">Log in with Example ID</a>`).FindStringSubmatch(form)
	if link == nil {
		t.Fatalf("the form has no link to the provider:\n%s", form)
	}
	status, page, at := get(t, b, address+html.UnescapeString(link[1]))
	if status != 200 || at != "/account/logins" || !strings.Contains(page, "anna") || !strings.Contains(page, p.URL) {
		t.Fatalf("%d at %s:\n%s", status, at, page)
	}
	post := func(path string) (status int, text string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+path, nil)
		must(t, err)
		req.Header.Set("Origin", address)
		resp, err := b.Do(req)
		must(t, err)
		defer func() { _ = resp.Body.Close() }() // it has been read
		body, err := io.ReadAll(resp.Body)
		must(t, err)
		return resp.StatusCode, string(body)
	}
	if status, account, _ := get(t, b, address+"/account"); status != 200 || !strings.Contains(account, `<a href="/account/logins">`) {
		t.Errorf("the page of the account: %d\n%s", status, account)
	}
	status, page = post("/account/logins")
	goOn := regexp.MustCompile(`<a class="button" href="([^"]*)">Go on at Example ID</a>`).FindStringSubmatch(page)
	if status != 200 || goOn == nil {
		t.Fatalf("%d\n%s", status, page)
	}
	if to, err := url.Parse(html.UnescapeString(goOn[1])); err != nil || to.Host != strings.TrimPrefix(p.URL, "http://") || to.Query().Get("code_challenge_method") != "S256" {
		t.Errorf("it goes on at %s, %v", goOn[1], err)
	}
	if status, page, at := get(t, b, html.UnescapeString(goOn[1])); status != 200 || at != "/account/logins" {
		t.Errorf("linking again: %d at %s\n%s", status, at, page)
	}
	if status, page := post("/account/logins/1/remove"); status != 200 || strings.Contains(page, p.URL+"<") || !strings.Contains(page, "No login is linked yet.") {
		t.Errorf("unlinking: %d\n%s", status, page)
	}
	if status, _ := post("/account/logins/4711/remove"); status != 200 {
		t.Errorf("unlinking twice: %d", status)
	}
	// Nobody is led elsewhere, whatever the address of the form says.
	for _, next := range []string{"//evil.example", "https://evil.example/", `/\evil.example`, "/\t/evil.example", "javascript:alert(1)", "/login"} {
		p.set(func(p *provider) {
			p.user = map[string]any{"sub": next, "preferred_username": "x" + url.PathEscape(next)}
		})
		b := browser(t)
		led := ""
		b.CheckRedirect = func(req *http.Request, via []*http.Request) error {
			if via[len(via)-1].URL.Path == access.OIDCCallback {
				led = req.URL.String()
				return http.ErrUseLastResponse
			}
			return nil
		}
		if get(t, b, address+"/login/oidc?next="+url.QueryEscape(next)); led != address+"/" {
			t.Errorf("next=%q leads to %q", next, led)
		}
	}
	// What went wrong is said on the form.
	p.set(func(p *provider) { p.denies = true })
	if status, page, _ := get(t, browser(t), address+"/login/oidc"); status != 403 || !strings.Contains(page, "Example ID did not log you in.") || !strings.Contains(page, "login-password") || strings.Contains(page, "access_denied") {
		t.Errorf("%d\n%s", status, page)
	}
	if status, _, at := get(t, browser(t), address+"/account/logins"); status != 200 || at != "/login" {
		t.Errorf("without a login: %d at %s", status, at)
	}
}
