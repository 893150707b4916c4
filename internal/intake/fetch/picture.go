package fetch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"headwater/internal/news"
)

const (
	pictureTypes   = "image/avif, image/webp, image/png, image/jpeg, image/gif;q=0.9"
	pictureHead    = 512 // bytes that tell what a picture is
	picturesAHost  = 4   // at once, as a browser would
	picturesAtOnce = 256 // of all hosts

	pictureWait = 10 * time.Second // for the turn of a picture: somebody is looking at the page
	pictureLate = 10 * time.Second // for it to begin, redirects together, once it is asked for
	pictureBody = 30 * time.Second // for the rest, which goes as fast as the reader takes it
	pictureRest = time.Minute      // in which a host is asked for no picture after one that was late
)

// errLate says that a picture did not begin in time, and errNoTurn that others of its host, or of all, kept it from being
// asked for.
var (
	errLate   = fmt.Errorf("the picture did not begin within %s; its host is asked for none for %s", pictureLate, pictureRest)
	errNoTurn = fmt.Errorf("other pictures took longer than %s; load the page again", pictureWait)
)

// errNoPicture says that an answer is none of the kinds that browsers show without running anything. SVG is no such kind.
var errNoPicture = errors.New("it is no PNG, JPEG, GIF, WebP or AVIF picture, so it is not passed on")

// Picture begins to fetch a picture, following redirects. The caller reads its body, which fails beyond Request.MaxBytes,
// and closes it. It waits for none of the host's pauses, as somebody is looking at the page, but asks no host that rests. A
// host that is slow holds few of the places for pictures, and for a short time.
func (c *Client) Picture(ctx context.Context, r Request) (news.Picture, error) {
	address, err := parseURL(r.URL)
	if err != nil {
		return news.Picture{}, err
	}
	r.Accept = pictureTypes
	if r.MaxBytes <= 0 {
		r.MaxBytes = c.opt.MaxBytes
	}
	bounded, cancel := context.WithCancelCause(ctx)
	clock := &deadline{cancel: cancel}
	resp, at, release, err := c.openPicture(bounded, clock, address, r)
	end := func() {
		clock.stop()
		cancel(nil)
		release()
	}
	if err == nil {
		var p news.Picture
		if p, err = pictureOf(resp, r, end); err == nil {
			clock.set(pictureBody, context.DeadlineExceeded)
			return p, nil
		}
		_ = resp.Body.Close() // what it brings is not wanted
	}
	if cause := context.Cause(bounded); errors.Is(cause, errLate) || errors.Is(cause, errNoTurn) {
		err = fail(news.FeedTimeout, at, 0, cause)
		if errors.Is(cause, errLate) {
			c.restPictures(at)
		}
	}
	end()
	var known *Error
	if errors.As(err, &known) {
		return news.Picture{}, known
	}
	return news.Picture{}, c.explain(ctx, at, err)
}

// deadline ends a context after a time that is set anew for each step.
type deadline struct {
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

func (d *deadline) set(after time.Duration, cause error) {
	d.stop()
	d.timer = time.AfterFunc(after, func() { d.cancel(cause) })
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

// openPicture follows redirects to an answer. The caller calls release, also after an error, when it has read the body.
func (c *Client) openPicture(ctx context.Context, clock *deadline, address *url.URL, r Request) (resp *http.Response, at *url.URL, release func(), err error) {
	left := min(c.opt.Timeout, pictureLate)
	for range maxRedirects + 1 {
		address.User = nil // what an article holds logs in nowhere
		clock.set(pictureWait, errNoTurn)
		if release, err = c.pictureTurn(ctx, address); err != nil {
			return nil, address, func() {}, err
		}
		asked := time.Now()
		clock.set(left, errLate)
		req, err := c.request(ctx, address, r)
		if err != nil {
			return nil, address, release, err
		}
		req.Header.Set("Accept-Encoding", "identity")
		if resp, err = c.roundTrip(req); err != nil {
			return nil, address, release, err
		}
		left -= time.Since(asked)
		switch s := resp.StatusCode; {
		case s == http.StatusTooManyRequests || s == http.StatusServiceUnavailable:
			_ = resp.Body.Close() // it says nothing of the picture
			return nil, address, release, c.refused(address, resp)
		case !isRedirect(s):
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

// pictureTurn waits for one of the host's places and then for one of all, unless the host rests. A request that waits for
// its host takes no place from pictures of others.
func (c *Client) pictureTurn(ctx context.Context, address *url.URL) (release func(), err error) {
	if err := c.mayShow(address); err != nil {
		return nil, err
	}
	leave, err := c.pictures.enter(ctx, strings.ToLower(address.Hostname()))
	if err != nil {
		return nil, err
	}
	if err := c.mayShow(address); err != nil { // the host may have been late meanwhile
		leave()
		return nil, err
	}
	select {
	case c.showing <- struct{}{}:
		return func() { <-c.showing; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

// mayShow fails while a host rests, or gave no picture in time a short while ago.
func (c *Client) mayShow(address *url.URL) error {
	if err := c.mayAsk(address); err != nil {
		return err
	}
	c.resting.Lock()
	defer c.resting.Unlock()
	if until, ok := c.late[hostOf(address)]; ok && c.opt.Now().Before(until) {
		return fail(news.FeedTimeout, address, 0, errLate)
	}
	return nil
}

// restPictures has a host asked for no picture for some time.
func (c *Client) restPictures(address *url.URL) {
	c.resting.Lock()
	defer c.resting.Unlock()
	now := c.opt.Now()
	maps.DeleteFunc(c.late, func(_ string, until time.Time) bool { return !now.Before(until) })
	c.late[hostOf(address)] = now.Add(pictureRest)
}

// pictureOf looks at the first bytes of an answer. Closing what it gives calls end.
func pictureOf(resp *http.Response, r Request, end func()) (news.Picture, error) {
	p := news.Picture{ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified"), Length: -1}
	switch s := resp.StatusCode; {
	case s == http.StatusNotModified && (r.ETag != "" || r.LastModified != ""):
		p.NotModified, p.Body = true, &pictureReader{Reader: bytes.NewReader(nil), body: resp.Body, end: end}
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
	p.Body = &pictureReader{Reader: in, body: resp.Body, end: end}
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

// pictureReader returns the way to the host free when it is closed.
type pictureReader struct {
	io.Reader
	body io.Closer
	end  func()
}

// Close implements io.Closer.
func (b *pictureReader) Close() error {
	err := b.body.Close()
	b.end()
	return err
}
