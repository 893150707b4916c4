package fetch

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
)

// Post sends a body to an address and gives the answer, whatever its status; the caller closes its body and bounds what
// is read of it. It is for services that somebody chose, not for publishers: it follows no redirect, since a header may
// hold a key, does not wait for the host's turn, and ends only with ctx.
func (c *Client) Post(ctx context.Context, address string, header http.Header, body []byte) (*http.Response, error) {
	to, err := parseURL(address)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", to.Redacted(), err)
	}
	req.Header = header.Clone()
	req.Header.Set("User-Agent", c.opt.UserAgent)
	resp, err := c.roundTrip(req)
	switch {
	case err == nil:
		return resp, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: %w", to.Redacted(), ctx.Err())
	case isRefused(err):
		return nil, fmt.Errorf("%s: %w", to.Redacted(), refusal(to, err))
	}
	return nil, fmt.Errorf("%s: %s: %w", to.Redacted(), whyUnreachable(to, err), err)
}
