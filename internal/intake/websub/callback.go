package websub

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"headwater/internal/news"
)

// ServeHTTP answers hubs: GET is a verification, POST a delivery.
func (s *Subscriber) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	switch r.Method {
	case http.MethodGet:
		s.verify(w, r)
	case http.MethodPost:
		status, text := s.deliver(w, r)
		if status == http.StatusServiceUnavailable {
			h.Set("Retry-After", "60")
		}
		respond(w, status, text)
	default:
		h.Set("Allow", "GET, POST")
		respond(w, http.StatusMethodNotAllowed, "a hub sends GET or POST")
	}
}

func respond(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // a hub that disconnected needs no answer
}

// verify answers whether we made the request that a hub wants to verify (section 5.3): the challenge if so, 404 if not.
func (s *Subscriber) verify(w http.ResponseWriter, r *http.Request) {
	id, q := r.PathValue("id"), r.URL.Query()
	_, err := s.Store.Subscription(r.Context(), id) // so that guesses cost no transaction
	answer := q.Get("hub.challenge")
	switch mode := q.Get("hub.mode"); {
	case err != nil:
	case mode == "subscribe":
		err = s.Store.ChangeSubscription(r.Context(), id, func(c *news.Subscription) error { return s.confirm(c, q) })
	case mode == "unsubscribe":
		if err = s.Store.ChangeSubscription(r.Context(), id, func(c *news.Subscription) error { return s.checkRequested(c, q, true) }); err == nil {
			err = s.Store.ForgetSubscription(r.Context(), id)
		}
	case mode == "denied":
		answer = ""
		err = s.denied(r, id, q)
	default:
		err = news.ErrNotFound
	}
	switch {
	case err == nil:
		respond(w, http.StatusOK, answer)
	case errors.Is(err, news.ErrNotFound):
		respond(w, http.StatusNotFound, "this was not asked for")
	default:
		s.Logger.Error("a hub's request could not be answered", "error", err)
		respond(w, http.StatusInternalServerError, "try again later")
	}
}

// checkRequested returns news.ErrNotFound for a request that we did not make to the hub.
func (s *Subscriber) checkRequested(c *news.Subscription, q url.Values, ending bool) error {
	recent := !c.Asked.IsZero() && s.Now().Sub(c.Asked) < verifyWindow
	if q.Get("hub.topic") != c.Topic || q.Get("hub.challenge") == "" || !recent || c.Ending != ending {
		return news.ErrNotFound
	}
	return nil
}

// confirm begins or renews a lease. If a hub gives no duration, the requested one is used.
func (s *Subscriber) confirm(c *news.Subscription, q url.Values) error {
	if err := s.checkRequested(c, q, false); err != nil {
		return err
	}
	granted := requestedLease
	if n, err := strconv.ParseInt(q.Get("hub.lease_seconds"), 10, 64); err == nil && n > 0 {
		granted = time.Duration(min(n, int64(maxLease/time.Second))) * time.Second
	}
	c.Until = s.Now().Add(granted)
	c.Next = s.Now().Add(max(granted/4*3, minRenewal))
	c.Failures, c.Problem = 0, ""
	return nil
}

// denied ends a lease (section 5.2).
func (s *Subscriber) denied(r *http.Request, id string, q url.Values) error {
	var feed int64
	err := s.Store.ChangeSubscription(r.Context(), id, func(c *news.Subscription) error {
		if q.Get("hub.topic") != c.Topic {
			return news.ErrNotFound
		}
		feed = c.Feed
		c.Failures++
		c.Until, c.Next = time.Time{}, s.Now().Add(deniedWait)
		c.Problem = fmt.Sprintf("the hub denies the subscription: %.200q", q.Get("hub.reason"))
		return nil
	})
	if err != nil {
		return err
	}
	return s.Lost(r.Context(), feed)
}

// deliver accepts a document (section 7). A wrong signature gets the same answer as a right one, so that nobody can test
// signatures, but its document is ignored.
func (s *Subscriber) deliver(w http.ResponseWriter, r *http.Request) (status int, text string) {
	sub, err := s.Store.Subscription(r.Context(), r.PathValue("id"))
	switch {
	case errors.Is(err, news.ErrNotFound), err == nil && (sub.Ending || sub.Until.IsZero()):
		return http.StatusGone, "there is no such subscription"
	case err != nil:
		s.Logger.Error("a hub's delivery could not be looked up", "error", err)
		return http.StatusInternalServerError, "try again later"
	}
	signature := r.Header.Get("X-Hub-Signature")
	if signature == "" {
		s.noteFault(r, sub, "the hub does not sign what it pushes")
		return http.StatusForbidden, "X-Hub-Signature is missing"
	}
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	default:
		return http.StatusServiceUnavailable, "too much at once"
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.MaxBytes))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, fmt.Sprintf("more than %d bytes", s.MaxBytes)
	case err != nil:
		return http.StatusBadRequest, "the document did not arrive whole"
	case !isSigned(sub.Secret, signature, body):
		s.noteFault(r, sub, "the hub's signature is wrong")
		return http.StatusAccepted, ""
	}
	size := int64(len(body))
	if s.queued.Add(size)-size <= maxQueued {
		select {
		case s.queue <- Delivery{sub, r.Header.Get("Content-Type"), body}:
			return http.StatusAccepted, ""
		default:
		}
	}
	s.queued.Add(-size) // the queue is full; the hub tries again later
	return http.StatusServiceUnavailable, "too much at once"
}

// noteFault lets the feed be polled as usual, since the document from the hub was ignored.
func (s *Subscriber) noteFault(r *http.Request, sub news.Subscription, why string) {
	if err := s.failed(r.Context(), sub, errors.New(why)); err != nil {
		s.Logger.Error("a hub's fault could not be noted", "feed", sub.Feed, "error", err)
	}
}

// isSigned reports whether X-Hub-Signature is correct: method=digest, in hexadecimal (section 7.1).
func isSigned(secret, signature string, body []byte) bool {
	method, digest, _ := strings.Cut(signature, "=")
	made := map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}[strings.ToLower(method)]
	want, err := hex.DecodeString(strings.TrimSpace(digest))
	if made == nil || err != nil {
		return false
	}
	mac := hmac.New(made, []byte(secret))
	mac.Write(body)
	return hmac.Equal(mac.Sum(nil), want)
}
