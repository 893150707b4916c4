package access_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/access"
)

// TestOIDCClocks logs in while the clock of the server and that of the provider differ. What the provider calls valid at the server's time is
// tolerated; else whoever logs in, and the audit, are told by how much the clocks differ.
func TestOIDCClocks(t *testing.T) {
	const ahead, behind = "minutes ahead of that of Example ID, so that the login has expired", "minutes behind that of Example ID, so that the login is not valid yet"
	for name, tt := range map[string]struct {
		ahead  time.Duration // of the server
		spoil  func(claims map[string]any, now time.Time)
		status int
		says   string
	}{
		"right":                      {0, nil, 200, "anna reader"},
		"a minute ahead":             {time.Minute, nil, 200, "anna reader"},
		"an hour ahead":              {time.Hour, nil, 403, "60 " + ahead},
		"an hour behind":             {-time.Hour, nil, 200, "anna reader"}, // the token has no time before which it is not valid
		"an hour behind, with nbf":   {-time.Hour, func(c map[string]any, now time.Time) { c["nbf"] = now.Unix() }, 403, "60 " + behind},
		"a minute behind, with nbf":  {-time.Minute, func(c map[string]any, now time.Time) { c["nbf"] = now.Unix() }, 200, "anna reader"},
		"an hour ahead, a long life": {time.Hour, func(c map[string]any, now time.Time) { c["exp"] = now.Add(2 * time.Hour).Unix() }, 200, "anna reader"},
		"an hour ahead, no iat":      {time.Hour, func(c map[string]any, _ time.Time) { delete(c, "iat") }, 403, "is not valid at this time"},
		"a token of an hour ago": {0, func(c map[string]any, now time.Time) {
			c["iat"], c["exp"] = now.Add(-time.Hour).Unix(), now.Add(-55*time.Minute).Unix()
		}, 403, "60 " + ahead},
		"another audience as well": {time.Hour, func(c map[string]any, _ time.Time) { c["aud"] = "another" }, 403, "could not be confirmed"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			s := newSite(t, p, "", nil, news.ReaderRole, nil)
			p.set(func(p *provider) {
				if tt.spoil != nil {
					p.spoil = func(claims map[string]any) { tt.spoil(claims, time.Now()) }
				}
			})
			b := browser(t)
			back := stopAt(b, access.OIDCCallback)
			get(t, b, s.URL+"/login/oidc")
			s.ahead.Store(int64(tt.ahead))
			status, text, _ := get(t, b, back.String())
			if status != tt.status || !strings.Contains(text, tt.says) {
				t.Fatalf("%d %q, want %d %q", status, text, tt.status, tt.says)
			}
			if refused := s.audit(t, news.AuditLoginRefused); (status == 200) != (len(refused) == 0) || len(refused) > 0 && !strings.Contains(refused[0], tt.says) {
				t.Errorf("the audit has %q", refused)
			}
		})
	}
}

// TestLoginWhileTheClockJumps begins a login at a provider, and ends it after the clock was set. A login that seems older than ten minutes is
// begun again; one of the future goes on.
func TestLoginWhileTheClockJumps(t *testing.T) {
	for name, tt := range map[string]struct {
		begun  time.Duration // by a clock so far ahead
		status int
		says   string
	}{
		"it stays":                {0, 200, "anna reader"},
		"it is set an hour ahead": {-time.Hour, 403, "more than ten minutes ago. Begin it again."},
		"it is set an hour back":  {time.Hour, 200, "anna reader"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, newProvider(t), "", nil, news.ReaderRole, nil)
			b := browser(t)
			back := stopAt(b, access.OIDCCallback)
			s.ahead.Store(int64(tt.begun))
			get(t, b, s.URL+"/login/oidc")
			s.ahead.Store(0)
			if status, text, _ := get(t, b, back.String()); status != tt.status || !strings.Contains(text, tt.says) {
				t.Errorf("%d %q, want %d %q", status, text, tt.status, tt.says)
			}
		})
	}
}

// TestSessionsWhileTheClockJumps: a session outlives a clock that was off, and is not said to be used in the future for longer than it takes
// to use it again.
func TestSessionsWhileTheClockJumps(t *testing.T) {
	for _, off := range []time.Duration{0, time.Hour, -time.Hour, 365 * 24 * time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			s := newSite(t, nil, "", []netip.Prefix{}, news.ReaderRole, nil)
			s.ahead.Store(int64(off))
			b := browser(t)
			get(t, b, s.URL+"/login?name=admin&password="+url.QueryEscape("the admin's password"))
			s.ahead.Store(0)
			if status, text, _ := get(t, b, s.URL+"/who"); status != 200 || text != "admin admin" {
				t.Fatalf("after the clock was set right: %d %q", status, text)
			}
			admin, err := s.store.FirstAdmin(t.Context())
			must(t, err)
			sessions, err := s.store.Sessions(t.Context(), admin)
			must(t, err)
			const slack = time.Minute // for the machine that tests
			if len(sessions) != 1 || time.Since(sessions[0].Seen).Abs() > slack || time.Until(sessions[0].Expires) > 30*24*time.Hour+slack {
				t.Errorf("the sessions are %+v", sessions)
			}
		})
	}
}
