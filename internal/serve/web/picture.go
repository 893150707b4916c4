package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// How pictures in articles are shown.
const (
	PicturesProxy  = "proxy"  // through us: publishers learn nothing of the reader
	PicturesDirect = "direct" // by the reader's browser, from where they are
	PicturesHide   = "hide"   // as links
)

// Pictures says how pictures in articles are shown.
type Pictures struct {
	Mode string // one of the above; "" is PicturesHide
	// Key seals the addresses that PicturesProxy fetches, so that we fetch what articles hold and nothing that others
	// make up. It is 32 random bytes that survive a restart.
	Key []byte
	// Fetch begins to fetch a picture. ETag and modified are the browser's validators, or "".
	Fetch func(ctx context.Context, address, etag, modified string) (news.Picture, error)
}

const (
	showTimeout  = time.Minute // for a reader to take one
	maxValidator = 1000        // bytes
	keepPicture  = "private, max-age=2592000, immutable"
	keepFailure  = "private, max-age=600"
)

// withPictures is an article's HTML for its page. Where the text holds no picture and the item brings one, that leads.
func (s *server) withPictures(a news.Article) string {
	if strings.TrimSpace(a.HTML) == "" {
		return ""
	}
	return s.ownPicture(a) + withMedia(a.HTML, s.show())
}

// ownPicture is the picture that an item without one in its text brings, as an element; "" where there is none.
func (s *server) ownPicture(a news.Article) string {
	if strings.Contains(a.HTML, "<img") || s.show() == nil {
		return ""
	}
	for _, e := range a.Enclosures {
		if address := publish.Absolute(e.URL); address != "" && strings.HasPrefix(e.Type, "image/") {
			return pictureTag(s.show()(address), html.Token{})
		}
	}
	return ""
}

// show makes of a picture's address the one that a page loads. Nil where pages load none.
func (s *server) show() func(string) string {
	switch s.pictures.Mode {
	case PicturesProxy:
		return s.sealed
	case PicturesDirect:
		return func(address string) string { return address }
	}
	return nil
}

// sealed is the path under which we pass a picture on; "" for what is no address.
func (s *server) sealed(address string) string {
	if address == "" {
		return ""
	}
	b64 := base64.RawURLEncoding
	return "/media/" + b64.EncodeToString(s.seal(address)) + "/" + b64.EncodeToString([]byte(address))
}

func (s *server) seal(address string) []byte {
	h := hmac.New(sha256.New, s.pictures.Key)
	_, _ = io.WriteString(h, address) // a hash takes everything
	return h.Sum(nil)
}

// opened gives the address that a path was made of. Nothing opens without a key.
func (s *server) opened(r *http.Request) (string, bool) {
	b64 := base64.RawURLEncoding
	seal, err := b64.DecodeString(r.PathValue("seal"))
	address, badAddress := b64.DecodeString(r.PathValue("address"))
	ok := len(s.pictures.Key) > 0 && s.pictures.Fetch != nil && s.pictures.Mode == PicturesProxy
	return string(address), ok && errors.Join(err, badAddress) == nil && hmac.Equal(seal, s.seal(string(address)))
}

// pictureTag writes an element that loads src, with the text and size of the one that it stands for.
func pictureTag(src string, t html.Token) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<img src="%s" alt="%s"`, html.EscapeString(src), html.EscapeString(publish.Line(attribute(t, "alt"))))
	if title := publish.Line(attribute(t, "title")); title != "" {
		fmt.Fprintf(&b, ` title="%s"`, html.EscapeString(title))
	}
	for _, key := range []string{"width", "height"} {
		if n, err := strconv.ParseUint(attribute(t, key), 10, 14); err == nil && n > 0 {
			fmt.Fprintf(&b, ` %s="%d"`, key, n)
		}
	}
	b.WriteString(` loading="lazy" decoding="async" referrerpolicy="no-referrer">`)
	return b.String()
}

// picture passes a picture on as it comes, so that many at once take little memory. Fetch bounds how many.
func (s *server) picture(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", picturePolicy)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	address, ok := s.opened(r)
	if !ok {
		http.Error(w, "This address was not made here.", http.StatusForbidden)
		return
	}
	p, err := s.pictures.Fetch(r.Context(), address, validator(r, "If-None-Match"), validator(r, "If-Modified-Since"))
	if err != nil {
		s.log.Debug("a picture can't be had", "error", err)
		h.Set("Cache-Control", keepFailure)
		http.Error(w, "The picture can't be had.", http.StatusBadGateway)
		return
	}
	defer func() { _ = p.Body.Close() }() // all that is wanted of it has been read
	s.passOn(w, r, p)
}

// passOn answers with a picture. One that breaks off ends the connection, so that no browser keeps half of it.
func (s *server) passOn(w http.ResponseWriter, r *http.Request, p news.Picture) {
	h := w.Header()
	h.Set("Cache-Control", keepPicture)
	setIf(h, "ETag", p.ETag)
	setIf(h, "Last-Modified", p.LastModified)
	if p.NotModified {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", p.Type)
	h.Set("Content-Disposition", "inline")
	if p.Length >= 0 {
		h.Set("Content-Length", strconv.FormatInt(p.Length, 10))
	}
	if r.Method == http.MethodHead {
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(showTimeout)) // a server of ours can
	if _, err := io.Copy(w, p.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// validator is a header of the browser's that is fit to be sent on.
func validator(r *http.Request, key string) string {
	if v := r.Header.Get(key); len(v) <= maxValidator {
		return v
	}
	return ""
}

func setIf(h http.Header, key, value string) {
	if value != "" {
		h.Set(key, value)
	}
}
