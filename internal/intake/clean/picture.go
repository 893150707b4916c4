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
	columnWidth = 700 // CSS pixels that a picture in a text is shown at; pages have columns of 700 to 800
	tinyWidth   = 100 // a picture narrower than this is no choice where another address is given
	maxJSON     = 64 << 10
)

// picture is what is known of a picture: the attributes of an img element, or of one that stands for it.
//
// The store has of a picture its web address as published, its texts (alt and title) and its size. The address is the best
// one for a column of columnWidth pixels: that of src, unless it is a placeholder by its name, or too small; what a script
// would show, in whatever attribute, told by its name or value; of a srcset or picture element the narrowest candidate that
// fills the column, or else the widest. Elements like img (amp-img, v-img), and those with a picture behind them and none
// in them, count as pictures. What counts readers (2 pixels or less, hidden), data: addresses, video posters and drawings
// in SVG elements go.
type picture struct {
	src           string      // as browsers mend it; "" where it is no web address
	lazy          []string    // addresses that scripts write into src
	others        []string    // further addresses that read as a picture's: of other sizes, or of no known use
	set           []candidate // of srcset
	lazySet       []candidate // that scripts write into srcset
	alt, title    string
	width, height string
	class         string
	hidden        bool
	ratio         bool // width and height are no pixels but a shape
}

// pictureIn reads the attributes of the tag that z stands at.
func pictureIn(z *html.Tokenizer) picture {
	var p picture
	for more := true; more; {
		var key, val []byte
		key, val, more = z.TagAttr()
		if len(key) > 0 {
			p.attribute(string(key), strings.TrimSpace(string(val)))
		}
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

// customAttribute reads attributes whose names differ from publisher to publisher. Their values show what they mean.
func (p *picture) customAttribute(key, val string) {
	if len(val) < 5 || strings.HasPrefix(key, "on") {
		return
	}
	val = strings.ReplaceAll(val, "{width}", wantedWidth) // a script was to choose
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

// isLazyName is true for attributes from which scripts fill src: data-src, data-lazy-src, data-lazyload, data-ll-src,
// data-actualsrc, data-echo. Those for one size among others are none.
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

// isPictureName is true for attributes that name a picture, so that their address need not end as a picture's does.
func isPictureName(key string) bool {
	return containsAny(key, "src", "img", "image", "photo", "picture", "original", "orig-file", "large-file", "full", "background", "-bg", "hi-res", "hires") &&
		!containsAny(key, "title", "caption", "meta", "description", "alt")
}

// isLinkName is true for attributes whose address is that of a page or of something for others to show.
func isLinkName(key string) bool {
	return containsAny(key, "link", "href", "share", "pin", "page", "credit", "error", "fallback", "avatar", "icon", "logo", "poster") ||
		key == "longdesc" || key == "cite" || key == "itemid" || key == "usemap"
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}

// address returns the picture's best address for a column: src, unless that is a placeholder, or too small and a larger one is
// known.
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
	if best == "" || width > 0 && width < columnWidth && slices.ContainsFunc(set, wider) {
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
	// A placeholder is shown if there is no other address and its name allows that it shows something.
	if best == "" && p.src != "" {
		isShown := func(w string) bool { return visibleWords[w] }
		if !isPlaceholder(p.src) || slices.ContainsFunc(slices.Collect(nameWords(p.src)), isShown) {
			return p.src
		}
	}
	return best
}

// isLazy reports whether a script was to show another picture than src.
func (p picture) isLazy() bool {
	return p.src == "" || isPlaceholder(p.src) || len(p.lazy) > 0 || len(p.lazySet) > 0 || containsAny(strings.ToLower(p.class), "lazy")
}

// isPixel reports whether the picture is no larger than what counts readers.
func (p picture) isPixel() bool { return !p.ratio && (isPixel(p.width) || isPixel(p.height)) }

// tag writes the element with that address, or nothing where it has none, is hidden or is no larger than what counts readers.
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

// hoverText returns the picture's title if it says more than its alt text and file name. Names that publishing systems give to
// pictures say nothing.
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

// isAspectLayout is true for the layouts of AMP's elements whose width and height say only how these relate: 16 and 9, 1 and 1.
func isAspectLayout(layout string) bool {
	return strings.EqualFold(layout, "responsive") || strings.EqualFold(layout, "intrinsic")
}

func isPixel(size string) bool {
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(size, "px")))
	return err == nil && n <= 2
}

// pixels is a size as HTML wants it, or "".
func pixels(size string) string {
	if n, err := strconv.ParseUint(strings.TrimSuffix(size, "px"), 10, 14); err == nil && n > 0 {
		return strconv.FormatUint(n, 10)
	}
	return ""
}

// hiddenStyle reports whether a style attribute keeps an element from being seen.
func hiddenStyle(style string) bool {
	if len(style) > 2000 {
		return false
	}
	s := strings.ToLower(strings.Join(strings.Fields(style), ""))
	return containsAny(s, "display:none", "visibility:hidden")
}

// tinyStyle reports whether a style attribute makes an element two pixels wide or high at most.
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

// background is the address of the picture behind an element, from its style.
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

// pictureInJSON finds the address of a picture in an attribute that holds JSON, as Substack's data-attrs.
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

// findInJSON returns what take makes of the first string of a document that it takes. Keys are tried in order.
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

// keyRank puts the usual keys of an address first.
func keyRank(key string) string {
	if i := slices.Index([]string{"src", "url", "original", "large", "full"}, strings.ToLower(key)); i >= 0 {
		return strconv.Itoa(i)
	}
	return "9"
}

// candidate is one address of a srcset. Width is in pixels and density in multiples of the shown size; either is 0 where
// it is not given.
type candidate struct {
	url     string
	width   int
	density float64
}

const maxCandidates = 100

// candidates reads a srcset as browsers do: an address goes up to white space, so that it may hold commas; a comma ends
// what follows it. Words before the descriptor belong to the address, whose spaces nobody encoded.
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
	if err != nil || !(n >= 0 && n <= 1e6) { // NaN is neither
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

// chooseCandidate returns the best candidate for a column: the narrowest that fills it, or else the widest. Shown is the width
// attribute, from which densities become widths; without one the least dense is taken.
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
		// Without widths a density near that of the shown size is better: 1, which is also what no density means. More than
		// that is better than less.
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

// betterWidth reports whether one width suits a column better than another. 0 is unknown.
func betterWidth(a, b int) bool {
	switch {
	case a == 0:
		return b > 0 && b < columnWidth/2
	case b == 0:
		return a >= columnWidth
	case a >= columnWidth && b >= columnWidth:
		return a < b
	}
	return a > b
}

// widthOf is the width of a picture as a srcset gives it, or else its own address, or 0.
func widthOf(address string, set []candidate) int {
	for _, c := range set {
		if c.url == address && c.width > 0 {
			return c.width
		}
	}
	return widthIn(address)
}

// withPicture adds to an item's files the first picture of its sanitised HTML that has a text.
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
