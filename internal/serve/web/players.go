package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"headwater/internal/locale"
	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

const (
	recordingsPath = "/recordings/"
	listenerWait   = 2 * time.Minute // for a browser to take the next piece; players that pause ask again
	recordingPiece = 32 << 10        // bytes that are passed on at once
	maxPlayers     = 20              // of an article's text
	keepRecording  = "private, max-age=86400"
)

// Players says how audio and video in articles are shown. The modes are those of Pictures: with PicturesProxy an article has
// players that load /recordings/SEAL/ADDRESS, with PicturesDirect the browser loads from where the file is, and with PicturesHide
// there are links. Beside a player there is always the link. No player loads anything before its reader starts it.
type Players struct {
	Mode string // "" is PicturesHide
	Key  []byte // see Pictures
	// Fetch begins to fetch a recording, or the part of it that span and ifRange, the headers of the browser, name.
	Fetch func(ctx context.Context, address, span, ifRange string) (news.Recording, error)
}

// playerView is a player of a recording.
type playerView struct {
	Source string
	Type   string
	Video  bool
}

// of gives the player of a recording, or nil where it is only a link.
func (p Players) of(declared, address string) *playerView {
	kind := news.RecordingType(declared, address)
	if kind == "" {
		return nil
	}
	v := playerView{Source: address, Type: kind, Video: strings.HasPrefix(kind, "video/")}
	switch {
	case p.Mode == PicturesDirect:
	case p.proxies():
		v.Source = p.sealed().link(address)
	default:
		return nil
	}
	return &v
}

func (p Players) sealed() sealed {
	return sealed{path: recordingsPath, purpose: "recording ", key: p.Key}
}

func (p Players) proxies() bool { return p.Mode == PicturesProxy && len(p.Key) > 0 && p.Fetch != nil }

// policy adds to a policy of a page where its players may load from.
func (p Players) policy(of string) string {
	switch {
	case p.Mode == PicturesDirect:
		return of + "; media-src http: https:"
	case p.proxies():
		return of + "; media-src 'self'"
	}
	return of
}

// mediaKinds are what cleaning calls what a link leads to that stands for a player or a frame (clean.Sanitize): "Video: The ferry".
var mediaKinds = []string{locale.Key("Video"), locale.Key("Recording"), locale.Key("Document"), locale.Key("Embedded page")}

// mediaKind splits the text of such a link. Of another text both are "".
func mediaKind(text string) (kind, rest string) {
	for _, kind := range mediaKinds {
		if rest, ok := strings.CutPrefix(text, kind); ok && (rest == "" || strings.HasPrefix(rest, ": ")) {
			return kind, rest
		}
	}
	return "", ""
}

// render puts players before the links to recordings that cleaning has made of players, and has the links of what was embedded say in the
// reader's language what they lead to. shown are the addresses that have a player already.
func (p Players) render(fragment string, shown map[string]bool, l *locale.Language) string {
	if !slices.ContainsFunc(mediaKinds, func(kind string) bool { return strings.Contains(fragment, ">"+kind) }) {
		return fragment
	}
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(fragment))
	written := 0
	held := "" // a start tag whose words may say what it leads to
	address := ""
	for z.Next() != html.ErrorToken {
		raw := string(z.Raw())
		t := z.Token()
		if held != "" {
			kind, rest := "", ""
			if t.Type == html.TextToken {
				kind, rest = mediaKind(t.Data)
			}
			if v := p.of("", address); v != nil && (kind == "Recording" || kind == "Video") && !shown[address] && written < maxPlayers {
				shown[address] = true
				written++
				b.WriteString(v.element(l.Text(kind) + rest))
			}
			b.WriteString(held)
			held = ""
			if kind != "" {
				span := html.Token{Type: html.StartTagToken, Data: "span", Attr: []html.Attribute{{Key: "lang", Val: l.Tag}}}
				b.WriteString(span.String() + html.EscapeString(l.Text(kind)) + "</span>" + html.EscapeString(rest))
				continue
			}
		}
		if t.Type == html.StartTagToken && t.DataAtom == atom.A {
			held, address = raw, publish.Absolute(attribute(t, "href"))
			continue
		}
		b.WriteString(raw)
	}
	return b.String() + held
}

// element writes the player, with what it plays for those who can't see it.
func (v playerView) element(label string) string {
	name := "audio"
	if v.Video {
		name = "video"
	}
	return fmt.Sprintf(`<%s controls preload="none" src="%s" aria-label="%s"></%s>`, name, html.EscapeString(v.Source), html.EscapeString(publish.Line(label)), name)
}

// serve passes recordings on as they come. One that breaks off ends the connection, so that the browser asks for the rest.
func (p Players) serve(log *slog.Logger) http.HandlerFunc {
	files := p.sealed()
	if !p.proxies() {
		files.key = nil
	}
	return func(w http.ResponseWriter, r *http.Request) {
		address, ok := files.open(w, r)
		if !ok {
			return
		}
		h := w.Header()
		got, err := p.Fetch(r.Context(), address, validatorOf(r, "Range"), validatorOf(r, "If-Range"))
		if err != nil {
			log.Debug("a recording can't be had", "error", err)
			http.Error(w, "The recording can't be had.", http.StatusBadGateway)
			return
		}
		defer func() { _ = got.Body.Close() }() // it is read as far as needed
		for key, value := range map[string]string{"Content-Type": got.Type, "ETag": got.ETag, "Last-Modified": got.LastModified, "Content-Range": got.ContentRange} {
			if value != "" {
				h.Set(key, value)
			}
		}
		if got.Status == http.StatusRequestedRangeNotSatisfiable {
			w.WriteHeader(got.Status)
			return
		}
		h.Set("Cache-Control", keepRecording)
		h.Set("Content-Disposition", "inline")
		if got.Ranges {
			h.Set("Accept-Ranges", "bytes")
		}
		if got.Length >= 0 {
			h.Set("Content-Length", strconv.FormatInt(got.Length, 10))
		}
		w.WriteHeader(got.Status)
		if r.Method == http.MethodHead {
			return
		}
		if err := passOn(w, got.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// passOn copies a body as its reader takes it, however long that takes while pieces of it are taken.
func passOn(w http.ResponseWriter, body io.Reader) error {
	piece := make([]byte, recordingPiece)
	for {
		n, err := body.Read(piece)
		if n > 0 {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(listenerWait)) // a server of ours can
			if _, err := w.Write(piece[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}
