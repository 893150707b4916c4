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
	pictureTypes = "image/avif, image/webp, image/png, image/jpeg, image/gif;q=0.9"
	pictureHead  = 512 // bytes that identify the type of a picture

	pictureWait        = 10 * time.Second // for a slot: a reader is waiting for the page
	pictureTimeout     = 10 * time.Second // until the picture begins, including all redirects
	pictureBodyTimeout = 30 * time.Second // for the rest, which is read at the reader's speed
	pictureRest        = time.Minute      // in which no picture is requested from a host after a late one
)

// errLate means that a picture or recording did not begin in time. errPictureWait means that it got no slot in time.
var (
	errLate        = fmt.Errorf("it did not begin within %s; its host is asked for no picture or recording for %s", pictureTimeout, pictureRest)
	errPictureWait = fmt.Errorf("others took longer than %s; load the page again", pictureWait)
)

// errNoPicture means that an answer is not of a type that browsers show without running anything. SVG is not such a type.
var errNoPicture = errors.New("it is no PNG, JPEG, GIF, WebP or AVIF picture, so it is not passed on")

// Picture begins to fetch a picture and follows redirects. The caller reads its body, which fails beyond Request.MaxBytes, and
// closes it. Picture does not wait for the host's pause, because a reader is waiting. A resting host is not asked. A slow host
// holds at most picturesPerHost of the slots, and only for a short time.
//
// Requests send the browser's validators, but no cookie, referrer or login. Each hop goes through the dialer. A request that
// waits for a slot of its host holds no other slot. If a host did not begin a picture in time, no picture is requested from it
// for a minute. The declared type must not be another type than a picture's, and the first bytes must be those of PNG, JPEG,
// GIF, WebP or AVIF.
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
	resp, at, release, err := c.openMedia(bounded, clock, address, r, c.pictures)
	end := func() {
		clock.stop()
		cancel(nil)
		release()
	}
	if err == nil {
		var p news.Picture
		if p, err = pictureOf(resp, r, end); err == nil {
			clock.set(pictureBodyTimeout, context.DeadlineExceeded)
			return p, nil
		}
		_ = resp.Body.Close() // the body is not used
	}
	err = c.mediaError(ctx, bounded, at, err)
	end()
	return news.Picture{}, err
}

// mediaError explains why media can't be had. bounded is the context of the request, within that of the caller. A host that was
// late is remembered.
func (c *Client) mediaError(ctx, bounded context.Context, at *url.URL, err error) error {
	if cause := context.Cause(bounded); errors.Is(cause, errLate) || errors.Is(cause, errPictureWait) {
		err = fail(news.FeedTimeout, at, 0, cause)
		if errors.Is(cause, errLate) {
			now := c.opt.Now()
			c.lateMu.Lock()
			maps.DeleteFunc(c.late, func(_ string, until time.Time) bool { return !now.Before(until) })
			c.late[hostOf(at)] = now.Add(pictureRest)
			c.lateMu.Unlock()
		}
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	return c.explain(ctx, at, err)
}

// deadline ends a context after a timeout that is set again for each step.
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

// openMedia follows redirects to an answer. The caller must call release after it has read the body, or after an error.
func (c *Client) openMedia(ctx context.Context, clock *deadline, address *url.URL, r Request, slots mediaSlots) (resp *http.Response, at *url.URL, release func(), err error) {
	left := min(c.opt.Timeout, pictureTimeout)
	for range maxRedirects + 1 {
		address.User = nil // addresses in articles must not log in anywhere
		clock.set(pictureWait, errPictureWait)
		if release, err = c.enterMedia(ctx, address, slots); err != nil {
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
			_ = resp.Body.Close() // the body of an error is not used
			refused := c.resting.refused(address, resp)
			c.rested(ctx, refused.Rest)
			return nil, address, release, refused
		case !isRedirect(s):
			return resp, address, release, nil
		}
		next, err := redirectTarget(address, resp.Header.Get("Location"))
		drain(resp.Body)
		_ = resp.Body.Close() // the body of a redirect is not used
		if err != nil {
			return nil, address, release, err
		}
		release()
		address = next
	}
	return nil, address, func() {}, fmt.Errorf("more than %d redirects", maxRedirects)
}

// mediaSlots bound how much is requested or passed on to readers' browsers at once.
type mediaSlots struct {
	hosts *gate
	all   chan struct{}
}

func newMediaSlots(perHost, all int) mediaSlots {
	return mediaSlots{newGate(perHost, 0), make(chan struct{}, all)}
}

// enterMedia waits for a slot of the host and then for one of all slots. It fails if the host rests. A request that waits for
// its host holds no slot that other hosts need.
func (c *Client) enterMedia(ctx context.Context, address *url.URL, slots mediaSlots) (release func(), err error) {
	if err := c.checkMedia(address); err != nil {
		return nil, err
	}
	leave, err := slots.hosts.enter(ctx, strings.ToLower(address.Hostname()))
	if err != nil {
		return nil, err
	}
	if err := c.checkMedia(address); err != nil { // the host may have been late meanwhile
		leave()
		return nil, err
	}
	select {
	case slots.all <- struct{}{}:
		return func() { <-slots.all; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

// checkMedia returns an error while a host rests, or for a short time after it was late.
func (c *Client) checkMedia(address *url.URL) error {
	if err := c.resting.check(address); err != nil {
		return err
	}
	c.lateMu.Lock()
	defer c.lateMu.Unlock()
	if until, ok := c.late[hostOf(address)]; ok && c.opt.Now().Before(until) {
		return fail(news.FeedTimeout, address, 0, errLate)
	}
	return nil
}

// pictureOf checks the first bytes of an answer. Closing the returned picture calls end.
func pictureOf(resp *http.Response, r Request, end func()) (news.Picture, error) {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) // a broken parameter does not invalidate the type
	// A declared type that is not a picture's is believed, so that no page or script is passed on as a picture.
	isOther := kind != "" && kind != "application/octet-stream" && kind != "binary/octet-stream" && !strings.HasPrefix(kind, "image/")
	p := news.Picture{ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified"), Length: -1}
	switch s := resp.StatusCode; {
	case s == http.StatusNotModified && (r.ETag != "" || r.LastModified != ""):
		p.NotModified, p.Body = true, &pictureReader{Reader: bytes.NewReader(nil), body: resp.Body, end: end}
		return p, nil
	case s != http.StatusOK:
		return p, statusError(resp.Request.URL, resp, time.Now())
	case resp.ContentLength > r.MaxBytes:
		return p, errTooLarge
	case isOther, strings.HasPrefix(kind, "image/svg"), kind == "" && resp.Header.Get("Content-Type") != "":
		return p, errNoPicture
	}
	decoded, err := decode(resp.Body, resp.Header.Values("Content-Encoding"), r.MaxBytes)
	if err != nil {
		return p, err
	}
	in := bufio.NewReaderSize(&limitedReader{r: decoded, left: r.MaxBytes}, 4<<10)
	head, err := in.Peek(pictureHead)
	if err != nil && !errors.Is(err, io.EOF) {
		return p, err
	}
	// The bytes decide, since many servers declare the wrong picture type.
	isAVIF := len(head) >= 12 && string(head[4:8]) == "ftyp" && (string(head[8:12]) == "avif" || string(head[8:12]) == "avis")
	switch p.Type = http.DetectContentType(head); {
	case isAVIF:
		p.Type = "image/avif"
	case p.Type != "image/png" && p.Type != "image/jpeg" && p.Type != "image/gif" && p.Type != "image/webp":
		p.Type = ""
		return p, errNoPicture
	}
	if resp.Header.Get("Content-Encoding") == "" {
		p.Length = resp.ContentLength
	}
	p.Body = &pictureReader{Reader: in, body: resp.Body, end: end}
	return p, nil
}

// pictureReader releases the host's slot when it is closed.
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
