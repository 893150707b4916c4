package access

import (
	"errors"
	"net/http"

	"headwater/internal/news"
	"headwater/internal/serve/ingress"
)

// ByHeader knows users by a header in which a proxy in front of the server names them, such as Remote-User. The header must be one of
// ingress.Options.TrustedHeader, which takes it out of requests that come from elsewhere. Users are found by the identity that the header
// gives them, with the issuer news.HeaderIssuer and the header's name. An account is created for those who have none if create is a role.
func ByHeader(header string, identities Identities, create news.UserRole) Authenticator {
	header = http.CanonicalHeaderKey(header)
	return func(r *http.Request) (Viewer, error) {
		names := r.Header[header]
		switch {
		case len(names) == 0 || len(names) == 1 && names[0] == "":
			return Viewer{}, nil
		case len(names) > 1 || len(names[0]) > maxSubject:
			return Viewer{}, &LoginError{Text: "The proxy names more than one user, or a name that is too long. An admin has to look at the settings of the proxy."}
		}
		name := names[0]
		ctx := news.WithActor(r.Context(), news.Actor{Address: ingress.Address(r)})
		user, err := userOf(ctx, identities, create, news.Identity{Issuer: news.HeaderIssuer + header, Subject: name, Name: name})
		var refused *LoginError
		switch {
		case errors.As(err, &refused) && create == "":
			err = &LoginError{Text: "No account here belongs to %q, as whom the proxy knows you. An admin links one by `headwater user link NAME --proxy %s`.", Args: []any{name, name}}
		case errors.As(err, &refused) && refused.Err == nil:
			err = &LoginError{Text: "There is an account %q already, and it is not linked to the proxy. If it is yours, an admin links it by `headwater user link NAME --proxy %s`.", Args: []any{name, name}}
		}
		if err != nil {
			return Viewer{}, err
		}
		return Viewer{User: user, Proxy: true}, nil
	}
}
