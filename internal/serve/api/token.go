package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"headwater/internal/news"
	"headwater/internal/serve/ingress"
)

// What a request needs a token for, as Options.Tokens has it.
const (
	TokensOff   = "off"   // nothing
	TokensWrite = "write" // to change something
	TokensAll   = "all"   // everything but the description
)

// How many wrong tokens a client may send before it has to wait; right ones are accepted meanwhile.
const (
	tokenTries = 100
	tokenReset = 5 * time.Minute
	maxClients = 10_000 // that are remembered
)

// challenge names the scheme by which a request sends its token (RFC 6750, section 3).
const challenge = `Bearer realm="Headwater"`

// authorise checks tokens. A wrong one is refused even where none is needed, since its sender relies on it.
func (s *server) authorise(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		bearer := strings.EqualFold(scheme, "Bearer")
		ours := strings.HasPrefix(r.URL.Path, root+"/")
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		needed := ours && r.URL.Path != pathDescription && (s.tokens == TokensAll || s.tokens == TokensWrite && !reads)
		unauthorised := func(why string) {
			w.Header().Set("WWW-Authenticate", challenge)
			problem(w, http.StatusUnauthorized, why)
		}
		switch {
		case !bearer && needed:
			unauthorised("send a token of yours: Authorization: Bearer TOKEN; `headwater user token NAME` makes one")
			return
		case !bearer || !ours: // another scheme is for a proxy in front
			next.ServeHTTP(w, r)
			return
		}
		user, err := s.backend.APIUser(r.Context(), strings.TrimSpace(token))
		switch {
		case errors.Is(err, news.ErrNotFound):
			if n, left := s.wrongTokens.Add(ingress.Client(r)); n > tokenTries {
				w.Header().Set("Retry-After", strconv.Itoa(int(left.Seconds())+1))
				problem(w, http.StatusTooManyRequests, "too many wrong tokens came from your address; send a right one, or try again later")
				return
			}
			unauthorised("the token is none of this newsroom's, or was ended; `headwater user token NAME` makes one")
		case err != nil:
			s.log.Error("a token could not be looked at", "error", err)
			problem(w, http.StatusServiceUnavailable, "tokens cannot be looked at; try again later")
		default:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, user)))
		}
	})
}

// Mine chooses a user's own topics instead of everybody's.
type Mine struct {
	Mine bool `query:"mine" default:"false" doc:"of the user whose token is sent, instead of everybody's"`
}

// owner gives the user whose topics are asked for; 0 is everybody.
func (m Mine) owner(ctx context.Context) (int64, error) {
	if !m.Mine {
		return 0, nil
	}
	u, ok := userOf(ctx)
	if !ok {
		return 0, huma.ErrorWithHeaders(
			huma.Error401Unauthorized("mine=true needs a token: Authorization: Bearer TOKEN; `headwater user token NAME` makes one"),
			http.Header{"WWW-Authenticate": {challenge}},
		)
	}
	return u.ID, nil
}
