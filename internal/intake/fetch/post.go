package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// Post sends a body to an address and returns the answer, whatever its status. The caller closes the answer's body and limits
// how much is read of it. Post is for services that the reader chose, not for publishers. It follows no redirects, since a
// header may hold a key. It does not wait for the gate, and only ctx limits its time. A host that rests is not asked
// (ErrResting). A host that answers 429 or 503 with Retry-After rests, for a day at most.
func (c *Client) Post(ctx context.Context, address string, header http.Header, body []byte) (*http.Response, error) {
	return c.Send(ctx, http.MethodPost, address, header, body)
}

// Send is Post with any method. Its errors leave out the query of the address, which may hold a key.
func (c *Client) Send(ctx context.Context, method, address string, header http.Header, body []byte) (*http.Response, error) {
	to, err := parseURL(address)
	if err != nil {
		return nil, err
	}
	shown := *to
	shown.RawQuery = ""
	if err := c.resting.check(&shown); err != nil {
		return nil, err
	}
	place := shown.Redacted()
	req, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	req.Header = header.Clone()
	req.Header.Set("User-Agent", c.opt.UserAgent)
	resp, err := c.roundTrip(req)
	switch {
	case err == nil:
		c.rested(ctx, c.resting.noteRest(to, resp, maxPostRest))
		return resp, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: %w", place, ctx.Err())
	case isRefused(err):
		return nil, fmt.Errorf("%s: %w", place, privateError(to, err))
	}
	return nil, explainUnreachable(place, to, err)
}

// Dial opens a connection to a server that the reader chose and that does not use HTTP, such as a mail server. Addresses that
// are not public are refused as everywhere. Options.Proxy is not used.
func (c *Client) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.transport.DialContext(ctx, network, address)
	if err == nil {
		return conn, nil
	}
	host, _, splitErr := net.SplitHostPort(address)
	to := &url.URL{Host: address}
	switch {
	case splitErr != nil:
		return nil, fmt.Errorf("%s: %w", address, errors.Join(err, splitErr))
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: %w", host, ctx.Err())
	case isRefused(err):
		return nil, fmt.Errorf("%s: %w", host, privateError(to, err))
	}
	return nil, explainUnreachable(host, to, err)
}

// DialTLS is Dial with TLS from the start. The certificate must be for the host of address.
func (c *Client) DialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	conn, err := c.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	secure := tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(explainUnreachable(host, &url.URL{Host: address}, err), conn.Close())
	}
	return secure, nil
}
