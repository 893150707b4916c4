package clean

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// picture is what is kept of an img element.
type picture struct {
	src, lazy, set, alt string
	width, height       string
}

// pictureIn reads the attributes of the tag that z stands at.
func pictureIn(z *html.Tokenizer) picture {
	var p picture
	for more := true; more; {
		var key, val []byte
		key, val, more = z.TagAttr()
		p.attribute(string(key), strings.TrimSpace(string(val)))
	}
	return p
}

func (p *picture) attribute(key, val string) {
	switch key {
	case "src":
		p.src = val
	case "data-src", "data-original", "data-lazy-src", "data-orig-file":
		p.lazy = val
	case "srcset", "data-srcset", "data-lazy-srcset":
		p.set = val
	case "alt":
		p.alt = val
	case "width":
		p.width = val
	case "height":
		p.height = val
	}
}

// String writes the element, or nothing where it has no web address or is no larger than what counts readers.
func (p picture) String() string {
	src := p.address()
	if src == "" || isPixel(p.width) || isPixel(p.height) {
		return ""
	}
	var b strings.Builder
	b.WriteString(`<img src="` + html.EscapeString(src) + `"`)
	for _, a := range []struct{ key, val string }{{"alt", p.alt}, {"width", pixels(p.width)}, {"height", pixels(p.height)}} {
		if a.val != "" {
			b.WriteString(" " + a.key + `="` + html.EscapeString(a.val) + `"`)
		}
	}
	b.WriteString(">")
	return b.String()
}

// address is where the picture is. Pages that load their pictures late have a stand-in in src, written as data: or not at
// all, and the address elsewhere.
func (p picture) address() string {
	first, _, _ := strings.Cut(p.set, " ")
	for _, a := range []string{p.src, p.lazy, strings.TrimSuffix(first, ",")} {
		if strings.HasPrefix(a, "https://") || strings.HasPrefix(a, "http://") {
			return a
		}
	}
	return ""
}

func isPixel(size string) bool {
	n, err := strconv.Atoi(strings.TrimSuffix(size, "px"))
	return err == nil && n <= 2
}

// pixels is a size as HTML wants it, or "".
func pixels(size string) string {
	if n, err := strconv.ParseUint(strings.TrimSuffix(size, "px"), 10, 14); err == nil && n > 0 {
		return strconv.FormatUint(n, 10)
	}
	return ""
}
