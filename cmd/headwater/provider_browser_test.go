package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"

	"headwater/internal/serve/browsertest"
)

// hostileName is what the provider calls the person who logs in.
const hostileName = `<img src=/x onerror=alert(1)>`

// startProvider runs a provider of OpenID Connect that logs in everybody as one person. What it holds clients to is tested in package access.
func startProvider(t *testing.T) *httptest.Server {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	documents := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "1", Algorithm: oidc.RS256}}}
	var mu sync.Mutex // guards asked
	asked := url.Values{}
	mux := http.NewServeMux()
	mux.Handle("/", documents)
	mux.HandleFunc("GET /auth", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = r.URL.Query()
		http.Redirect(w, r, asked.Get("redirect_uri")+"?"+url.Values{"code": {"1"}, "state": {asked.Get("state")}}.Encode(), http.StatusFound)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	documents.SetIssuer(server.URL)
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier"))); base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		claims, err := json.Marshal(map[string]any{
			"iss": server.URL, "aud": asked.Get("client_id"), "sub": "4711", "nonce": asked.Get("nonce"), "preferred_username": hostileName,
			"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{ // an error here means that the client has gone
			"access_token": "x", "token_type": "Bearer", "id_token": oidctest.SignIDToken(key, "1", oidc.RS256, string(claims)),
		})
	})
	return server
}

// TestProviderInBrowser starts serve with access.oidc in its file of settings, and logs in at the provider. The pages of that are judged at 360
// pixels, light and dark.
func TestProviderInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("drives a browser")
	}
	axe := browsertest.LoadAxe(t)
	browser := browsertest.Start(t, 10*time.Minute)
	provider := startProvider(t)
	l, err := net.Listen("tcp", "127.0.0.1:0") // the address that the provider sends people back to is known beforehand
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "config.yaml")
	settings := fmt.Sprintf("listen: %[1]s\npublic_url: http://%[1]s\nfetch:\n  allow_private: [127.0.0.0/8]\naccess:\n  login: required\n  oidc:\n"+
		"    issuer: %[2]s\n    client_id: headwater\n    title: Example ID\n    create: editor\n", address, provider.URL)
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	server := startChild(t, t.TempDir(), "HEADWATER_CONFIG="+file).url(t)

	tab := browsertest.NewTab(browser, t, server)
	tab.WatchScripts()
	judge := func(where string) {
		t.Helper()
		tab.OpenDetails()
		tab.Width(360)
		for _, scheme := range []string{"light", "dark"} {
			tab.Scheme(scheme)
			for _, fault := range append(tab.Judge(), tab.Violations(axe, browsertest.AllRules)...) {
				t.Errorf("%s, %s: %s", where, scheme, fault)
			}
		}
		for _, fault := range append(tab.Harm(), tab.Faults()...) {
			if !strings.HasPrefix(fault, "asks another host: "+provider.URL) {
				t.Errorf("%s: %s", where, fault)
			}
		}
	}
	v := visitor{t: t, tab: tab, hand: browsertest.Mouse(tab)}
	tab.Open("/topics")
	v.waitPath("/login")
	judge("the form to log in")
	v.hand.Use("main a", "Log in with Example ID")
	v.waitPath("/topics")
	for path, has := range map[string]string{"/account": "editor", "/account/logins": provider.URL, "/feeds/add": "Add a feed"} {
		tab.Open(path)
		text := tab.Text("main")
		if !strings.Contains(text, has) || path != "/feeds/add" && !strings.Contains(text, hostileName) {
			t.Errorf("%s says: %s", path, text)
		}
		judge(path)
	}
	v.hand.Use("button", "Log out")
	v.waitPath("/login")
	tab.Open("/account")
	v.waitPath("/login")
}
