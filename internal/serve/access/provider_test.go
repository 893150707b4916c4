package access_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

// provider is a provider of OpenID Connect with keys of its own. It logs in everybody as user, and holds clients to PKCE.
type provider struct {
	*httptest.Server
	keys map[string]crypto.PrivateKey // by algorithm, which is the id of the key too

	mu     sync.Mutex
	user   map[string]any             // claims of whoever logs in
	alg    string                     // of ID tokens
	spoil  func(map[string]any)       // changes the claims of ID tokens
	sign   func(claims string) string // nil signs by alg
	codes  map[string]*authorization
	denies bool // answers a login with an error
}

// authorization is a login that a client began.
type authorization struct {
	nonce, challenge, redirect string
	used                       bool
}

const (
	clientID     = "headwater"
	clientSecret = "s3cret & <more>"
)

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{keys: map[string]crypto.PrivateKey{}, user: map[string]any{"sub": "248289761001", "preferred_username": "anna"}, alg: "RS256", codes: map[string]*authorization{}}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	p.keys["RS256"], p.keys["ES256"] = rsaKey, ecKey
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256", "ES256", "none", "HS256"}, "response_types_supported": []string{"code"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		text := base64.RawURLEncoding.EncodeToString
		answer(w, map[string]any{"keys": []map[string]string{
			{"kty": "RSA", "use": "sig", "kid": "RS256", "alg": "RS256", "n": text(rsaKey.N.Bytes()), "e": "AQAB"},
			{"kty": "EC", "use": "sig", "kid": "ES256", "alg": "ES256", "crv": "P-256", "x": text(ecKey.X.FillBytes(make([]byte, 32))), "y": text(ecKey.Y.FillBytes(make([]byte, 32)))},
		}})
	})
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // an error here means that the client has gone
}

// authorize sends the user back with a code.
func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || q.Get("client_id") != clientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("state") == "" || q.Get("nonce") == "" {
		http.Error(w, "not what a login asks for: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	answered := url.Values{"state": {q.Get("state")}, "iss": {p.URL}}
	if p.denies {
		answered.Set("error", "access_denied")
		answered.Set("error_description", "<b>no</b>")
	} else {
		code := rand.Text()
		p.codes[code] = &authorization{nonce: q.Get("nonce"), challenge: q.Get("code_challenge"), redirect: q.Get("redirect_uri")}
		answered.Set("code", code)
	}
	back.RawQuery = answered.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// token gives an ID token for a code, once, to the client that proves that it began the login.
func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	refuse := func(problem string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"` + problem + `"}`)) // an error here means that the client has gone
	}
	id, secret, _ := r.BasicAuth()
	secret, err := url.QueryUnescape(secret)
	if err != nil || id != clientID || secret != clientSecret {
		refuse("invalid_client")
		return
	}
	began := p.codes[r.PostFormValue("code")]
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if began == nil || began.used || began.redirect != r.PostFormValue("redirect_uri") || base64.RawURLEncoding.EncodeToString(sum[:]) != began.challenge {
		refuse("invalid_grant")
		return
	}
	began.used = true
	claims := map[string]any{"iss": p.URL, "aud": clientID, "nonce": began.nonce, "iat": time.Now().Unix(), "exp": time.Now().Add(5 * time.Minute).Unix()}
	for name, value := range p.user {
		claims[name] = value
	}
	if p.spoil != nil {
		p.spoil(claims)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		refuse("server_error")
		return
	}
	sign := p.sign
	if sign == nil {
		sign = func(claims string) string { return oidctest.SignIDToken(p.keys[p.alg], p.alg, p.alg, claims) }
	}
	answer(w, map[string]any{"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": sign(string(text))})
}

// set changes how the provider answers from here on.
func (p *provider) set(change func(*provider)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spoil, p.sign, p.denies, p.alg = nil, nil, false, "RS256"
	change(p)
}
