package clean

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"headwater/internal/news"
)

const (
	wantedWidth = "800"
	textWidth   = 700 // CSS pixels at which a picture in a text is shown; pages set texts 700 to 800 wide
	tinyWidth   = 100 // a picture narrower than this is not used if there is another address
	maxJSON     = 64 << 10
)

// picture holds the attributes of an img element, or of an element that stands for a picture.
//
// The store keeps the picture's web address as published, its texts (alt and title) and its size. The address is the best one
// for a text of textWidth pixels. It is that of src, unless src is too small or is a placeholder by its name. Otherwise it
// is the address that a script would show, which is recognised by the name or the value of its attribute. Of a srcset or
// picture element it is the narrowest candidate that fills that width, or else the widest candidate. Elements like img
// (amp-img, v-img) count as pictures. So do elements that have a background picture and no picture inside. Tracking pixels (2
// pixels or less, or hidden), data: addresses, video posters and drawings in SVG elements are left out.
type picture struct {
	src           string      // as browsers correct it; "" if it is not a web address
	lazy          []string    // addresses that scripts would write into src
	others        []string    // further addresses of pictures, of other sizes or of unknown use
	set           []candidate // of srcset
	lazySet       []candidate // srcset that scripts would write
	alt, title    string
	width, height string
	class         string
	hidden        bool
	ratio         bool // width and height are an aspect ratio and not pixels
}

// pictureIn reads the attributes of the tag at z.
func pictureIn(z *tokenizer) picture {
	var p picture
	for _, a := range z.attrs() {
		p.attribute(string(a.key), strings.TrimSpace(string(a.val)))
	}
	return p
}

func (p *picture) attribute(key, val string) {
	switch key {
	case "src":
		p.src = webAddress(val)
	case "srcset", "imagesrcset":
		p.set = append(p.set, candidates(val)...)
	case "alt":
		p.alt = val
	case "title":
		p.title = val
	case "width":
		p.width = val
	case "height":
		p.height = val
	case "class":
		p.class = val
	case "layout":
		p.ratio = isAspectLayout(val)
	case "style":
		p.hidden = hiddenStyle(val) || tinyStyle(val)
	default:
		p.customAttribute(key, val)
	}
}

// customAttribute reads attributes whose names differ between publishers. Their values show their meaning.
func (p *picture) customAttribute(key, val string) {
	if len(val) < 5 || strings.HasPrefix(key, "on") {
		return
	}
	val = strings.ReplaceAll(val, "{width}", wantedWidth) // a script would choose the width
	switch {
	case strings.HasSuffix(key, "set"):
		p.lazySet = append(p.lazySet, candidates(val)...)
	case val[0] == '{' || val[0] == '[':
		if address := pictureInJSON(val); address != "" {
			p.others = append(p.others, address)
		}
	case strings.IndexByte("h/H", val[0]) < 0:
	case isLazyName(key):
		if address := webAddress(val); address != "" && !isPlaceholder(address) {
			p.lazy = append(p.lazy, address)
		}
	case !isLinkName(key):
		if address := webAddress(val); address != "" && !isPlaceholder(address) && (isPictureURL(address) || isPictureName(key)) {
			p.others = append(p.others, address)
		}
	}
}

// isLazyName reports whether scripts fill src from an attribute: data-src, data-lazy-src, data-lazyload, data-ll-src,
// data-actualsrc, data-echo. Attributes for one size of several do not count.
func isLazyName(key string) bool {
	switch key {
	case "data-original", "data-echo", "data-delayed-url", "data-defer", "data-deferred", "data-unveil", "original", "lazysrc", "lazy-src", "lazy":
		return true
	}
	if !strings.HasPrefix(key, "data-") && !strings.HasSuffix(key, "src") {
		return false
	}
	if containsAny(key, "small", "thumb", "low", "tiny", "medium", "retina", "2x", "full", "zoom", "lightbox", "hover", "fallback", "error", "pin") {
		return false
	}
	return strings.HasSuffix(key, "src") || strings.Contains(key, "lazy")
}

// isPictureName reports whether an attribute is for a picture by its name. Its address need not have a picture's extension.
func isPictureName(key string) bool {
	return containsAny(key, "src", "img", "image", "photo", "picture", "original", "orig-file", "large-file", "full", "background", "-bg", "hi-res", "hires") &&
		!containsAny(key, "title", "caption", "meta", "description", "alt")
}

// isLinkName reports whether the address in an attribute is that of a page or of something else that is no picture.
func isLinkName(key string) bool {
	return containsAny(key, "link", "href", "share", "pin", "page", "credit", "error", "fallback", "avatar", "icon", "logo", "poster") ||
		key == "longdesc" || key == "cite" || key == "itemid" || key == "usemap"
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}

// address returns the best address of the picture for a text. It is src, unless src is a placeholder, or is too small and a
// larger picture is known.
func (p picture) address() string {
	best, width, set := "", 0, p.set
	if p.src != "" && !isPlaceholder(p.src) {
		best, width = p.src, widthOf(p.src, p.set)
	}
	for _, a := range p.lazy {
		if w := widthOf(a, p.lazySet); best == "" || a != best && (w == 0 || w >= width) {
			best, width, set = a, w, slices.Concat(p.lazySet, p.set)
			break
		}
	}
	if late := chooseCandidate(p.lazySet, p.width); late != "" && len(p.lazy) == 0 && widthOf(late, p.lazySet) >= width {
		return late
	}
	wider := func(c candidate) bool { return max(c.width, widthIn(c.url)) > width }
	if best == "" || width > 0 && width < textWidth && slices.ContainsFunc(set, wider) {
		if chosen := chooseCandidate(set, p.width); chosen != "" {
			best, width = chosen, widthOf(chosen, set)
		}
	}
	if best == "" || width > 0 && width < tinyWidth {
		for _, a := range p.others {
			if w := widthIn(a); best == "" || betterWidth(w, width) {
				best, width = a, w
			}
		}
	}
	// A placeholder is shown if there is no other address and its name suggests that it may show something.
	if best == "" && p.src != "" {
		isShown := func(w string) bool { return visibleWords[w] }
		if !isPlaceholder(p.src) || slices.ContainsFunc(slices.Collect(nameWords(p.src)), isShown) {
			return p.src
		}
	}
	return best
}

// isLazy reports whether a script would replace src by another picture.
func (p picture) isLazy() bool {
	return p.src == "" || isPlaceholder(p.src) || len(p.lazy) > 0 || len(p.lazySet) > 0 || containsAny(strings.ToLower(p.class), "lazy")
}

// isPixel reports whether the picture is at most as large as a tracking pixel.
func (p picture) isPixel() bool { return !p.ratio && (isPixel(p.width) || isPixel(p.height)) }

// tag writes an img element with that address. It writes nothing if the address is empty, or if the picture is hidden or at
// most as large as a tracking pixel.
func (p picture) tag(address string) string {
	if address == "" || p.isPixel() || p.hidden && !p.isLazy() {
		return ""
	}
	if n, err := strconv.Atoi(p.width); p.ratio && err == nil && n < tinyWidth {
		p.width, p.height = "", ""
	}
	var b strings.Builder
	b.WriteString(`<img src="` + html.EscapeString(address) + `"`)
	for _, a := range [...]struct{ key, val string }{{"alt", p.alt}, {"title", p.title}, {"width", pixels(p.width)}, {"height", pixels(p.height)}} {
		if a.val != "" {
			b.WriteString(" " + a.key + `="` + html.EscapeString(a.val) + `"`)
		}
	}
	b.WriteString(">")
	return b.String()
}

// hoverText returns the title of the picture if it adds something to the alt text and the file name. Names that publishing
// systems generate add nothing.
func (p picture) hoverText() string {
	t := foldLine(p.title)
	if t == "" || len(t) > 4000 || countWords(t) < 2 && len(t) < 20 {
		return ""
	}
	b := foldKey(t)
	if strings.Contains(foldKey(p.alt), b) {
		return ""
	}
	if file := foldKey(fileName(p.address())); file != "" && (strings.Contains(file, b) || strings.Contains(b, file) && len(b) < len(file)+8) {
		return ""
	}
	if isPictureURL(t) && !strings.Contains(t, " ") {
		return ""
	}
	return t
}

// isAspectLayout reports whether an AMP layout uses width and height only as an aspect ratio: 16 and 9, 1 and 1.
func isAspectLayout(layout string) bool {
	return strings.EqualFold(layout, "responsive") || strings.EqualFold(layout, "intrinsic")
}

func isPixel(size string) bool {
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(size, "px")))
	return err == nil && n <= 2
}

// pixels returns a size in the form of HTML's width attribute, or "".
func pixels(size string) string {
	if n, err := strconv.ParseUint(strings.TrimSuffix(size, "px"), 10, 14); err == nil && n > 0 {
		return strconv.FormatUint(n, 10)
	}
	return ""
}

// hiddenStyle reports whether a style attribute hides an element.
func hiddenStyle(style string) bool {
	if len(style) > 2000 {
		return false
	}
	s := strings.ToLower(strings.Join(strings.Fields(style), ""))
	return containsAny(s, "display:none", "visibility:hidden")
}

// tinyStyle reports whether a style attribute makes an element at most two pixels wide or high.
func tinyStyle(style string) bool {
	if len(style) > 2000 {
		return false
	}
	for _, rule := range strings.Split(strings.ToLower(style), ";") {
		key, val, _ := strings.Cut(rule, ":")
		if key = strings.TrimSpace(key); key == "width" || key == "height" {
			if val = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(val), "!important")); val != "" && isPixel(val) {
				return true
			}
		}
	}
	return false
}

// background returns the address of an element's background picture, from its style attribute.
func background(style string) string {
	low := strings.ToLower(style)
	if len(low) != len(style) || !strings.Contains(low, "background") {
		return ""
	}
	for {
		_, after, ok := strings.Cut(low, "url(")
		if !ok {
			return ""
		}
		style, low = style[len(style)-len(after):], after
		end := strings.IndexByte(style, ')')
		if quote := strings.TrimLeft(style, " "); quote != "" && (quote[0] == '"' || quote[0] == '\'') {
			if i := strings.IndexByte(quote[1:], quote[0]); i >= 0 {
				end = len(style) - len(quote) + 1 + i
			}
		}
		if end < 0 {
			return ""
		}
		if a := webAddress(strings.Trim(style[:end], ` "'`)); a != "" && !isPlaceholder(a) {
			return a
		}
		style, low = style[end:], low[end:]
	}
}

// pictureInJSON finds the address of a picture in an attribute that holds JSON, such as Substack's data-attrs.
func pictureInJSON(val string) string {
	var doc any
	if len(val) > maxJSON || json.Unmarshal([]byte(val), &doc) != nil {
		return ""
	}
	return findInJSON(doc, func(key, s string) string {
		a := webAddress(s)
		if a == "" || isPlaceholder(a) || isLinkName(strings.ToLower(key)) && !isPictureURL(a) {
			return ""
		}
		if isPictureURL(a) || isPictureName(strings.ToLower(key)) {
			return a
		}
		return ""
	})
}

// findInJSON returns the first result of take that is not "", called for the strings of a document. Keys are visited in order.
func findInJSON(doc any, take func(key, val string) string) string {
	switch d := doc.(type) {
	case map[string]any:
		keys := make([]string, 0, len(d))
		for key := range d {
			keys = append(keys, key)
		}
		slices.SortFunc(keys, func(a, b string) int {
			return strings.Compare(keyRank(a)+a, keyRank(b)+b)
		})
		for _, key := range keys {
			var got string
			if s, ok := d[key].(string); ok {
				got = take(key, s)
			} else {
				got = findInJSON(d[key], take)
			}
			if got != "" {
				return got
			}
		}
	case []any:
		for _, v := range d {
			if got := findInJSON(v, take); got != "" {
				return got
			}
		}
	}
	return ""
}

// keyRank sorts the usual keys of an address first.
func keyRank(key string) string {
	if i := slices.Index([]string{"src", "url", "original", "large", "full"}, strings.ToLower(key)); i >= 0 {
		return strconv.Itoa(i)
	}
	return "9"
}

// candidate is one address of a srcset. Width is in pixels and density is a multiple of the shown size; either is 0 if it is
// not given.
type candidate struct {
	url     string
	width   int
	density float64
}

const maxCandidates = 100

// candidates reads a srcset as browsers do. An address ends at white space, so it may contain commas. A comma ends the
// descriptor after it. Words before the descriptor belong to the address, since publishers leave spaces in it unencoded.
func candidates(set string) []candidate {
	var out []candidate
	for len(out) < maxCandidates {
		set = strings.TrimLeft(set, ", \t\r\n\f")
		if set == "" {
			return out
		}
		end := strings.IndexAny(set, " \t\r\n\f")
		if end < 0 {
			end = len(set)
		}
		address, rest := set[:end], set[end:]
		var words []string
		if trimmed := strings.TrimRight(address, ","); trimmed != address {
			address, set = trimmed, rest
		} else {
			var list string
			list, set, _ = strings.Cut(rest, ",")
			words = strings.Fields(list)
		}
		var c candidate
		for n := len(words); n > 0 && c.readDescriptor(words[n-1]); n-- {
			words = words[:n-1]
		}
		c.url = webAddress(strings.Join(append([]string{address}, words...), " "))
		if c.url != "" && !isPlaceholder(c.url) {
			out = append(out, c)
		}
	}
	return out
}

// readDescriptor reads a descriptor: 640w, 480h, 2x.
func (c *candidate) readDescriptor(word string) bool {
	num, unit := word[:len(word)-1], word[len(word)-1]
	n, err := strconv.ParseFloat(num, 64)
	if err != nil || !(n >= 0 && n <= 1e6) { // the negated form also rejects NaN
		return false
	}
	switch unit {
	case 'w', 'W':
		c.width = int(n)
	case 'x', 'X':
		c.density = n
	case 'h', 'H':
	default:
		return false
	}
	return true
}

// chooseCandidate returns the best candidate for a text: the narrowest that fills it, or else the widest. shown is the width
// attribute, which turns densities into widths. Without one the candidate with the lowest density from 1 up is chosen.
func chooseCandidate(list []candidate, shown string) string {
	best, bestWidth := candidate{}, 0
	base, err := strconv.Atoi(strings.TrimSuffix(shown, "px"))
	if err != nil || base <= 2 {
		base = 0
	}
	for _, c := range list {
		width := c.width
		if width == 0 && base > 0 {
			width = int(float64(base) * max(c.density, 1))
		}
		if width == 0 {
			width = widthIn(c.url)
		}
		// Without widths a density near 1 is better, which is also the density if none is given. A density above 1 is better
		// than one below.
		denser := c.density < best.density && c.density >= 1 || c.density > best.density && best.density < 1
		if c.density == 0 || best.density == 0 {
			denser = c.density == 0 && best.density != 0 && best.density != 1
		}
		if best.url == "" || betterWidth(width, bestWidth) || width == 0 && bestWidth == 0 && denser {
			best, bestWidth = c, width
		}
	}
	return best.url
}

// betterWidth reports whether a suits a text better than b. 0 means unknown.
func betterWidth(a, b int) bool {
	switch {
	case a == 0:
		return b > 0 && b < textWidth/2
	case b == 0:
		return a >= textWidth
	case a >= textWidth && b >= textWidth:
		return a < b
	}
	return a > b
}

// widthOf returns the width of a picture from its srcset, or else from its address, or 0.
func widthOf(address string, set []candidate) int {
	for _, c := range set {
		if c.url == address && c.width > 0 {
			return c.width
		}
	}
	return widthIn(address)
}

// withPicture adds the first picture with alt text in sanitised HTML to an item's enclosures.
func withPicture(files []news.Enclosure, sanitised string) []news.Enclosure {
	for _, tag := range imgTag.FindAllString(sanitised[:min(len(sanitised), 1<<16)], 20) {
		alt, src := imgAlt.FindStringSubmatch(tag), imgSrc.FindStringSubmatch(tag)
		if alt == nil || src == nil {
			continue
		}
		title, address := foldLine(html.UnescapeString(alt[1])), html.UnescapeString(src[1])
		if title == "" {
			continue
		}
		if i := slices.IndexFunc(files, func(e news.Enclosure) bool { return e.URL == address }); i >= 0 {
			files = slices.Clone(files)
			files[i].Title = cmp.Or(files[i].Title, title)
			return files
		}
		return append(slices.Clip(files), news.Enclosure{URL: address, Type: "image/*", Title: title})
	}
	return files
}

var (
	imgTag = regexp.MustCompile(`<img\s[^>]*>`)
	imgAlt = regexp.MustCompile(`\salt="([^"]*)"`)
	imgSrc = regexp.MustCompile(`\ssrc="([^"]*)"`)
)
