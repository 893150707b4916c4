package web

import (
	"cmp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"headwater/internal/serve/publish"
)

// loads are the elements that make a browser fetch something.
var loads = map[atom.Atom]bool{
	atom.Img: true, atom.Image: true, atom.Picture: true, atom.Source: true, atom.Video: true, atom.Audio: true,
	atom.Track: true, atom.Iframe: true, atom.Frame: true, atom.Embed: true, atom.Object: true, atom.Link: true,
	atom.Input: true, atom.Script: true, atom.Style: true, atom.Base: true, atom.Meta: true, atom.Svg: true,
}

// withMedia takes out of sanitised HTML what would load from another host. Recordings become links, so that the reader
// decides; pictures become what show makes of their address, or links where that is nil or gives "".
func withMedia(fragment string, show func(address string) string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(fragment))
	for z.Next() != html.ErrorToken {
		t := z.Token()
		if t.DataAtom == atom.Img && show != nil {
			if src := show(publish.Absolute(attribute(t, "src"))); src != "" {
				b.WriteString(pictureTag(src, t))
				continue
			}
		}
		if !loads[t.DataAtom] {
			t.Attr = quiet(t.Attr)
			b.WriteString(t.String())
			continue
		}
		if t.Type != html.EndTagToken {
			b.WriteString(linkTo(t))
		}
	}
	return b.String()
}

// quiet leaves out the attributes that load, style or run anything.
func quiet(attrs []html.Attribute) []html.Attribute {
	var kept []html.Attribute
	for _, a := range attrs {
		switch {
		case a.Key == "src", a.Key == "srcset", a.Key == "background", a.Key == "poster", a.Key == "style", a.Key == "ping":
		case strings.HasPrefix(a.Key, "on"):
		default:
			kept = append(kept, a)
		}
	}
	return kept
}

// linkTo makes a link of a picture, a video or a recording; other elements leave nothing.
func linkTo(t html.Token) string {
	what := map[atom.Atom]string{atom.Img: "Picture", atom.Video: "Video", atom.Audio: "Recording", atom.Iframe: "Embedded page"}[t.DataAtom]
	address := publish.Absolute(attribute(t, "src"))
	if what == "" || address == "" {
		return ""
	}
	if alt := cmp.Or(publish.Line(attribute(t, "alt")), publish.Line(attribute(t, "title"))); alt != "" {
		what += ": " + alt
	}
	return `<a class="media" href="` + html.EscapeString(address) + `">` + html.EscapeString(what) + `</a>`
}

func attribute(t html.Token, key string) string {
	for _, a := range t.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
