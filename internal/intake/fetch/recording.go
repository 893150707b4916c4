package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"headwater/internal/news"
)

const (
	recordingKinds = "audio/*, video/mp4, video/webm, video/ogg, */*;q=0.1"

	recordingsPerHost = 8  // at once: browsers ask for two or three parts of one
	maxRecordings     = 32 // at once, of all hosts
)

// recordingLimits bound an answer, so that a stream without an end ends. A browser asks for the rest again.
type recordingLimits struct {
	time  time.Duration // in all
	idle  time.Duration // in which nothing comes while the caller reads
	bytes int64
}

var defaultRecordingLimits = recordingLimits{time: 2 * time.Hour, idle: 30 * time.Second, bytes: 4 << 30}

var (
	errNoRecording   = errors.New("it is no audio, MP4, WebM or Ogg, so it is not passed on")
	errRecordingTime = errors.New("it took too long as a whole")
	errRecordingIdle = errors.New("nothing came for too long")
)

var (
	oneRange     = regexp.MustCompile(`^bytes=(?:\d{1,15}-\d{0,15}|-\d{1,15})$`)
	contentRange = regexp.MustCompile(`^bytes (?:\d{1,15}-\d{1,15}/(?:\d{1,15}|\*)|\*/\d{1,15})$`)
)

// Recording begins to fetch audio or video, whole or the part that Request.Range names, and follows redirects. It is passed on as
// it comes, so its size does not matter. The caller reads the body and closes it. Of r only URL, Range and IfRange count; a Range of
// several parts is left out, so that the answer is the whole.
//
// As with pictures, requests send no cookie, referrer or login, each hop goes through the dialer, and hosts that rest or were late
// are not asked. What is no audio, MP4, WebM or Ogg by its type (news.RecordingType) is refused. recordingLimits
// bound an answer.
func (c *Client) Recording(ctx context.Context, r Request) (news.Recording, error) {
	address, err := parseURL(r.URL)
	if err != nil {
		return news.Recording{}, err
	}
	r = Request{URL: r.URL, Accept: recordingKinds, Range: r.Range, IfRange: r.IfRange}
	if !oneRange.MatchString(r.Range) {
		r.Range = ""
	}
	bounded, cancel := context.WithCancelCause(ctx)
	clock := &deadline{cancel: cancel}
	resp, at, release, err := c.openMedia(bounded, clock, address, r, c.recordings)
	whole := &deadline{cancel: cancel}
	end := func() {
		clock.stop()
		whole.stop()
		cancel(nil)
		release()
	}
	if err == nil {
		clock.stop()
		var rec news.Recording
		if rec, err = recordingOf(resp, r); err == nil {
			whole.set(c.limits.time, errRecordingTime)
			rec.Body = &recordingReader{
				in: &limitedReader{r: resp.Body, left: c.limits.bytes}, clock: clock, idle: c.limits.idle, ctx: bounded, body: resp.Body, end: end,
			}
			return rec, nil
		}
		_ = resp.Body.Close() // the body is not used
	}
	err = c.mediaError(ctx, bounded, at, err)
	end()
	return news.Recording{}, err
}

// recordingOf reads the head of an answer.
func recordingOf(resp *http.Response, r Request) (news.Recording, error) {
	h := resp.Header
	rec := news.Recording{
		Status: resp.StatusCode, ETag: h.Get("ETag"), LastModified: h.Get("Last-Modified"), Length: resp.ContentLength,
		Ranges: h.Get("Accept-Ranges") == "bytes" || resp.StatusCode == http.StatusPartialContent,
	}
	switch s := resp.StatusCode; {
	case s == http.StatusRequestedRangeNotSatisfiable && r.Range != "":
		if told := h.Get("Content-Range"); contentRange.MatchString(told) {
			rec.ContentRange = told
		}
		return rec, nil
	case s == http.StatusPartialContent && r.Range != "" && contentRange.MatchString(h.Get("Content-Range")):
		rec.ContentRange = h.Get("Content-Range")
	case s != http.StatusOK:
		return rec, statusError(resp.Request.URL, resp, time.Now())
	}
	if coding := h.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return rec, fmt.Errorf("it is compressed with %.20q, which was not asked for", coding)
	}
	if rec.Type = recordingType(resp.Header.Get("Content-Type"), resp.Request.URL, r.URL); rec.Type == "" {
		return rec, errNoRecording
	}
	return rec, nil
}

// recordingType is that of an answer by its own address, or by the one that was asked for: the end of redirects often has no name.
func recordingType(declared string, at *url.URL, asked string) string {
	if kind := news.RecordingType(declared, at.String()); kind != "" {
		return kind
	}
	return news.RecordingType(declared, asked)
}

// recordingReader bounds how long a read may take, and releases the host's slot when it is closed. A caller that reads slowly costs
// the server nothing but the slot.
type recordingReader struct {
	in    io.Reader
	clock *deadline
	idle  time.Duration
	ctx   context.Context //nolint:containedctx // of the request, whose end a read tells
	body  io.Closer
	end   func()
}

// Read implements io.Reader.
func (b *recordingReader) Read(p []byte) (int, error) {
	b.clock.set(b.idle, errRecordingIdle)
	n, err := b.in.Read(p)
	b.clock.stop()
	if err != nil && !errors.Is(err, io.EOF) {
		if cause := context.Cause(b.ctx); cause != nil {
			return n, cause
		}
	}
	return n, err
}

// Close implements io.Closer.
func (b *recordingReader) Close() error {
	err := b.body.Close()
	b.end()
	return err
}
