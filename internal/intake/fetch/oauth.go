package fetch

import (
	"context"
	"io"
	"net/http"

	"golang.org/x/oauth2"
)

// maxOAuthAnswer limits what is read of an answer of a provider of logins, in bytes.
const maxOAuthAnswer = 1 << 20

// Through returns a context with which golang.org/x/oauth2 and github.com/coreos/go-oidc make their requests by this client: no private
// address that is not allowed, no redirect, at most 1 MB of an answer, within Options.Timeout.
func (c *Client) Through(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport:     oauthTransport{c},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       c.opt.Timeout,
	})
}

type oauthTransport struct{ client *Client }

// RoundTrip implements http.RoundTripper.
func (t oauthTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ours := req.Clone(req.Context())
	ours.Header.Set("User-Agent", t.client.opt.UserAgent)
	resp, err := t.client.roundTrip(ours)
	switch {
	case err == nil:
	case req.Context().Err() != nil:
		return nil, req.Context().Err()
	case isRefused(err):
		return nil, privateError(req.URL, err)
	default:
		return nil, explainUnreachable(req.URL.Host, req.URL, err)
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxOAuthAnswer), resp.Body}
	return resp, nil
}
