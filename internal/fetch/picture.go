package fetch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"headwater/internal/news"
)

const (
	pictureTypes   = "image/avif, image/webp, image/png, image/jpeg, image/gif;q=0.9"
	pictureAHost   = 4           // at once, as a browser would
	pictureTimeout = time.Minute // for the body, which goes as fast as the reader takes it
	pictureHead    = 512         // bytes that tell what a picture is
)

// errNoPicture says that an answer is none of the kinds that browsers show without running anything. SVG is no such kind.
var errNoPicture = errors.New("it is no PNG, JPEG, GIF, WebP or AVIF picture, so it is not passed on")

// Picture begins to fetch a picture, following redirects. The caller reads its body, which fails beyond Request.MaxBytes,
// and closes it. It waits for none of the host's pauses: somebody is looking at the page.
func (c *Client) Picture(ctx context.Context, r Request) (news.Picture, error) {
	address, err := parseURL(r.URL)
	if err != nil {
		return news.Picture{}, err
	}
	r.Accept = pictureTypes
	if r.MaxBytes <= 0 {
		r.MaxBytes = c.opt.MaxBytes
	}
	bounded, cancel := context.WithCancel(ctx)
	clock := time.AfterFunc(c.opt.Timeout, cancel)
	resp, at, release, err := c.openPicture(bounded, address, r)
	end := func() {
		clock.Stop()
		cancel()
		release()
	}
	if err == nil {
		clock.Reset(pictureTimeout)
		var p news.Picture
		if p, err = pictureOf(resp, r, end); err == nil {
			return p, nil
		}
		_ = resp.Body.Close() // what it brings is not wanted
	}
	end()
	return news.Picture{}, c.explain(ctx, at, err)
}

// openPicture follows redirects to an answer. The caller calls release, also after an error, when it has read the body.
func (c *Client) openPicture(ctx context.Context, address *url.URL, r Request) (resp *http.Response, at *url.URL, release func(), err error) {
	for range maxRedirects + 1 {
		address.User = nil // what an article holds logs in nowhere
		if release, err = c.pictures.enter(ctx, strings.ToLower(address.Hostname())); err != nil {
			return nil, address, func() {}, err
		}
		req, err := c.request(ctx, address, r)
		if err != nil {
			return nil, address, release, err
		}
		req.Header.Set("Accept-Encoding", "identity")
		if resp, err = c.roundTrip(req); err != nil {
			return nil, address, release, err
		}
		if !isRedirect(resp.StatusCode) {
			return resp, address, release, nil
		}
		next, err := follow(address, resp.Header.Get("Location"))
		drain(resp.Body)
		_ = resp.Body.Close() // a redirect's body says nothing
		if err != nil {
			return nil, address, release, err
		}
		release()
		address = next
	}
	return nil, address, func() {}, fmt.Errorf("more than %d redirects", maxRedirects)
}

// pictureOf looks at the first bytes of an answer. Closing what it gives calls end.
func pictureOf(resp *http.Response, r Request, end func()) (news.Picture, error) {
	p := news.Picture{ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified"), Length: -1}
	switch s := resp.StatusCode; {
	case s == http.StatusNotModified && (r.ETag != "" || r.LastModified != ""):
		p.NotModified, p.Body = true, &pictureBody{Reader: bytes.NewReader(nil), body: resp.Body, end: end}
		return p, nil
	case s != http.StatusOK:
		return p, statusError(resp.Request.URL, resp, time.Now())
	case resp.ContentLength > r.MaxBytes:
		return p, errTooLarge
	case !mayBePicture(resp.Header.Get("Content-Type")):
		return p, errNoPicture
	}
	decoded, err := decode(resp.Body, resp.Header.Values("Content-Encoding"), r.MaxBytes)
	if err != nil {
		return p, err
	}
	in := bufio.NewReaderSize(&limited{r: decoded, left: r.MaxBytes}, 4<<10)
	head, err := in.Peek(pictureHead)
	if err != nil && !errors.Is(err, io.EOF) {
		return p, err
	}
	if p.Type = pictureType(head); p.Type == "" {
		return p, errNoPicture
	}
	if resp.Header.Get("Content-Encoding") == "" {
		p.Length = resp.ContentLength
	}
	p.Body = &pictureBody{Reader: in, body: resp.Body, end: end}
	return p, nil
}

// mayBePicture goes by what the server says: a type that is another than a picture's is believed, so that no page or
// script is passed on for one.
func mayBePicture(contentType string) bool {
	kind, _, _ := mime.ParseMediaType(contentType) // a broken parameter leaves the type
	switch {
	case strings.HasPrefix(kind, "image/svg"):
		return false
	case contentType == "", kind == "application/octet-stream", kind == "binary/octet-stream":
		return true
	}
	return strings.HasPrefix(kind, "image/")
}

// pictureType goes by the bytes, as many servers name the wrong one of the kinds. It is "" for all that is not shown.
func pictureType(head []byte) string {
	if len(head) >= 12 && string(head[4:8]) == "ftyp" && (string(head[8:12]) == "avif" || string(head[8:12]) == "avis") {
		return "image/avif"
	}
	switch kind := http.DetectContentType(head); kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return kind
	}
	return ""
}

// pictureBody gives the way to the host free when it is closed.
type pictureBody struct {
	io.Reader
	body io.Closer
	end  func()
}

// Close implements io.Closer.
func (b *pictureBody) Close() error {
	err := b.body.Close()
	b.end()
	return err
}
