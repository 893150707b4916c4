package web

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
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

// picturesPath is that of pictures with PicturesProxy.
const picturesPath = "/media/"

// How pictures in articles are shown.
const (
	PicturesProxy  = "proxy"  // through us: publishers learn nothing of the reader
	PicturesDirect = "direct" // by the reader's browser, from where they are
	PicturesHide   = "hide"   // as links
)

const (
	pictureTimeout = time.Minute // for a reader to take one
	keepPicture    = "private, max-age=2592000, immutable"
	keepFailure    = "private, max-age=600"
)

// Pictures says how pictures in articles are shown.
//
// Emitted feeds and the APIs have the addresses as published, since their readers load them. Only pages differ. With
// PicturesProxy a page loads /media/SEAL/ADDRESS. The seal is an HMAC-SHA256 over the address with Key, so that nobody
// makes us fetch what no article holds. Seals are computed and stored nowhere. What is sent has the type that the first
// bytes name, with nosniff and the policy "sandbox; default-src 'none'". Browsers keep pictures 30 days and failures 10
// minutes. With PicturesDirect the page's policy lets pictures come from anywhere.
type Pictures struct {
	Mode string // one of the above; "" is PicturesHide
	// Key signs the addresses that PicturesProxy fetches, so that we fetch what articles hold and nothing that others
	// make up. It is 32 random bytes that survive a restart.
	Key []byte
	// Fetch begins to fetch a picture. ETag and modified are the browser's validators, or "".
	Fetch func(ctx context.Context, address, etag, modified string) (news.Picture, error)
}

// render is an article's HTML for its page. Where the text has no picture, the picture of the item comes first.
func (p Pictures) render(a news.Article, l *locale.Language) string {
	if strings.TrimSpace(a.HTML) == "" {
		return ""
	}
	return p.lead(a) + rewriteMedia(a.HTML, p.source(), l)
}

// lead is the element of the picture that an item has as an enclosure; "" where its text has one or there is none.
func (p Pictures) lead(a news.Article) string {
	source := p.source()
	if strings.Contains(a.HTML, "<img") || source == nil {
		return ""
	}
	for _, e := range a.Enclosures {
		if address := publish.Absolute(e.URL); address != "" && strings.HasPrefix(e.Type, "image/") {
			return pictureTag(source(address), html.Token{}, true)
		}
	}
	return ""
}

// source gives the function from a picture's address to the one that a page loads. Nil where pages load none.
func (p Pictures) source() func(address string) string {
	switch p.Mode {
	case PicturesProxy:
		return func(address string) string {
			if address == "" {
				return ""
			}
			return p.sealed().link(address)
		}
	case PicturesDirect:
		return func(address string) string { return address }
	}
	return nil
}

func (p Pictures) sealed() sealed { return sealed{path: picturesPath, key: p.Key} }

// serve streams the pictures of PicturesProxy, so that many at once take little memory. Fetch bounds how many. A picture
// that breaks off ends the connection, so that no browser keeps half of it.
func (p Pictures) serve(log *slog.Logger) http.HandlerFunc {
	files := p.sealed()
	if p.Fetch == nil { // otherwise whatever the mode of all feeds is: one may have another
		files.key = nil
	}
	return func(w http.ResponseWriter, r *http.Request) {
		address, ok := files.open(w, r)
		if !ok {
			return
		}
		h := w.Header()
		got, err := p.Fetch(r.Context(), address, validatorOf(r, "If-None-Match"), validatorOf(r, "If-Modified-Since"))
		if err != nil {
			log.Debug("a picture can't be had", "error", err)
			h.Set("Cache-Control", keepFailure)
			http.Error(w, "The picture can't be had.", http.StatusBadGateway)
			return
		}
		defer func() { _ = got.Body.Close() }() // it is read as far as needed
		h.Set("Cache-Control", keepPicture)
		if got.ETag != "" {
			h.Set("ETag", got.ETag)
		}
		if got.LastModified != "" {
			h.Set("Last-Modified", got.LastModified)
		}
		if got.NotModified {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", got.Type)
		h.Set("Content-Disposition", "inline")
		if got.Length >= 0 {
			h.Set("Content-Length", strconv.FormatInt(got.Length, 10))
		}
		if r.Method == http.MethodHead {
			return
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(pictureTimeout)) // a server of ours can
		if _, err := io.Copy(w, got.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// loadingElements make a browser fetch something.
var loadingElements = map[atom.Atom]bool{
	atom.Img: true, atom.Image: true, atom.Picture: true, atom.Source: true, atom.Video: true, atom.Audio: true,
	atom.Track: true, atom.Iframe: true, atom.Frame: true, atom.Embed: true, atom.Object: true, atom.Link: true,
	atom.Input: true, atom.Script: true, atom.Style: true, atom.Base: true, atom.Meta: true, atom.Svg: true,
}

// rewriteMedia removes from sanitised HTML what would load from another host. Recordings become links, so that the reader
// decides; pictures load from what source gives for their address, or become links where it is nil or gives "".
func rewriteMedia(fragment string, source func(address string) string, l *locale.Language) string {
	var b strings.Builder
	var tokens []html.Token
	z := html.NewTokenizer(strings.NewReader(fragment))
	for z.Next() != html.ErrorToken {
		tokens = append(tokens, z.Token())
	}
	for i, t := range tokens {
		if t.DataAtom == atom.Img && source != nil {
			if src := source(publish.Absolute(attribute(t, "src"))); src != "" {
				b.WriteString(pictureTag(src, t, standsAlone(tokens, i)))
				continue
			}
		}
		if !loadingElements[t.DataAtom] {
			t.Attr = slices.DeleteFunc(t.Attr, func(a html.Attribute) bool { // those that load, style or run anything
				switch a.Key {
				case "src", "srcset", "background", "poster", "style", "ping":
					return true
				}
				return strings.HasPrefix(a.Key, "on")
			})
			b.WriteString(t.String())
			continue
		}
		what := l.Text(map[atom.Atom]string{atom.Img: locale.Key("Picture"), atom.Video: locale.Key("Video"), atom.Audio: locale.Key("Recording"), atom.Iframe: locale.Key("Embedded page")}[t.DataAtom])
		address := publish.Absolute(attribute(t, "src"))
		if t.Type == html.EndTagToken || what == "" || address == "" {
			continue
		}
		if alt := cmp.Or(publish.Line(attribute(t, "alt")), publish.Line(attribute(t, "title"))); alt != "" {
			what += ": " + alt
		}
		b.WriteString(`<a class="media" href="` + html.EscapeString(address) + `">` + html.EscapeString(what) + `</a>`)
	}
	return b.String()
}

// inlineElements go on in the line of the text around them.
var inlineElements = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Cite: true, atom.Code: true, atom.Del: true, atom.Em: true, atom.I: true, atom.Img: true,
	atom.Ins: true, atom.Mark: true, atom.Q: true, atom.S: true, atom.Small: true, atom.Span: true, atom.Strong: true, atom.Sub: true, atom.Sup: true,
	atom.Time: true, atom.U: true,
}

// standsAlone says whether no text is in the line of a picture.
func standsAlone(tokens []html.Token, picture int) bool {
	clear := func(line iter.Seq2[int, html.Token]) bool {
		for _, t := range line {
			switch {
			case t.Type == html.TextToken && strings.TrimSpace(t.Data) != "":
				return false
			case t.Type != html.TextToken && t.Type != html.CommentToken && !inlineElements[t.DataAtom]:
				return true
			}
		}
		return true
	}
	return clear(slices.Backward(tokens[:picture])) && clear(slices.All(tokens[picture+1:]))
}

// pictureTag writes an element that loads src, with the text and size of the element that it replaces. Where that has no size and stands
// alone, the style sheet keeps room for it, so that the text below stays where it is when the picture comes.
func pictureTag(src string, t html.Token, alone bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<img src="%s" alt="%s"`, html.EscapeString(src), html.EscapeString(publish.Line(attribute(t, "alt"))))
	if title := publish.Line(attribute(t, "title")); title != "" {
		fmt.Fprintf(&b, ` title="%s"`, html.EscapeString(title))
	}
	sizes := 0
	for _, key := range []string{"width", "height"} {
		if n, err := strconv.ParseUint(attribute(t, key), 10, 14); err == nil && n > 0 {
			fmt.Fprintf(&b, ` %s="%d"`, key, n)
			sizes++
		}
	}
	if alone && sizes < 2 {
		b.WriteString(` data-unsized`)
	}
	b.WriteString(` loading="lazy" decoding="async" referrerpolicy="no-referrer">`)
	return b.String()
}

func attribute(t html.Token, key string) string {
	for _, a := range t.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// fileView is a file that comes with an article, as a link: pages load nothing from other hosts by themselves.
type fileView struct {
	Name   string
	About  string // type, size and duration, as far as they are known
	Type   string // as the feed says; "" if it doesn't
	Out    outLink
	Player *playerView // nil where it is a link alone
}

// filesOf lists an article's enclosures. Its pictures are among them only where pictures is set: pages show those that they can.
func filesOf(a news.Article, pictures bool, l *locale.Locale) []fileView {
	var all []fileView
	for _, e := range publish.Files(a.Enclosures) {
		if e.IsPicture() && !pictures {
			continue
		}
		var about []string
		if e.Type != "" {
			about = append(about, strings.TrimSuffix(e.Type, "/*"))
		}
		if e.Length > 0 {
			about = append(about, sizeText(e.Length, l))
		}
		if e.Duration > 0 {
			about = append(about, durationText(e.Lasts()))
		}
		all = append(all, fileView{Name: publish.Line(e.Name()), About: strings.Join(about, ", "), Type: e.Type, Out: outTo(e.URL)})
	}
	return all
}
