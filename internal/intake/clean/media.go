package clean

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// mediaElement is an open element whose content is no text: a player, an object, or a picture with its candidates. The output
// for it is written when it ends.
type mediaElement struct {
	tag   string
	depth int
	embedded
	picture picture
}

// placeholder is an element that a script would fill with a picture or with embedded content. The picture or link is written
// when the element ends, unless something else was written within it.
type placeholder struct {
	name                               string
	depth                              int
	picture                            picture
	embedded                           embedded
	textCount, pictureCount, linkCount int
	isPlayer                           bool // words within the element do not replace its embedded content
}

// media handles the start tags of pictures and embedded content, and reports whether it has handled the tag.
func (b *balancer) media(tag atom.Atom, selfClosing bool) bool {
	name, raw := b.z.name, b.z.Raw()
	if n := len(b.placeholders); n > 0 && !selfClosing && string(name) == b.placeholders[n-1].name {
		b.placeholders[n-1].depth++
	}
	if b.element != nil && b.gatherChild(tag, name) {
		if b.element != nil && !selfClosing && string(name) == b.element.tag {
			b.element.depth++
		}
		return true
	}
	switch tag {
	case atom.Img, atom.Image:
		b.picture(pictureIn(b.z))
	case atom.Picture:
		b.element = &mediaElement{tag: "picture", depth: 1}
	case atom.Video, atom.Audio, atom.Object, atom.Iframe:
		b.beginElement(string(name), selfClosing)
	case atom.Embed, atom.Frame:
		e := embedded{kind: "Embedded page"}
		e.attributes(b.z)
		b.embed(e)
	case atom.Noscript:
		if selfClosing || !b.isClosedLater("noscript") {
			b.z.NextIsNotRawText()
			b.unclosedNoscript = b.unclosedNoscript || !selfClosing && !b.noscript
			return true
		}
		b.skip, b.depth = tag, 1
	case atom.Script:
		if bytes.Contains(raw, []byte("//gist.github.com/")) {
			e := embedded{kind: "Embedded page"}
			e.attributes(b.z)
			for i, s := range e.addresses {
				e.addresses[i] = strings.TrimSuffix(s, ".js")
			}
			b.embed(e)
		}
		return false
	case 0:
		return b.customElement(string(name), selfClosing)
	case atom.Figure:
		if !b.noscript && b.lastPicture.noscript {
			b.lastPicture = writtenPicture{}
		}
		fallthrough
	default:
		if b.z.hasAttributes && !selfClosing && !b.noscript && slices.Contains(placeholderTags, tag) && (bytes.Contains(raw, []byte("data-")) || bytes.Contains(raw, []byte("background")) || tag == atom.Blockquote) {
			b.addPlaceholder(string(name))
		}
		return false
	}
	return true
}

// customElement handles elements outside the HTML standard: AMP elements and those that scripts define.
func (b *balancer) customElement(name string, selfClosing bool) bool {
	switch {
	case name == "oembed":
		e := embedded{kind: "Embedded page"}
		e.attributes(b.z)
		b.embed(e)
		return true
	case !strings.Contains(name, "-") || slices.ContainsFunc(strings.Split(name, "-"), func(part string) bool { return adElements[part] }):
		return false
	case isPictureElement(name):
		b.picture(pictureIn(b.z))
	case name == "amp-video" || name == "amp-audio" || name == "video-js":
		b.beginElement(name, selfClosing)
	default:
		s := placeholder{name: name, depth: 1, embedded: embedded{kind: "Embedded page"}}
		s.isPlayer = strings.HasPrefix(name, "amp-") || containsAny(name, "video", "audio", "player", "youtube", "vimeo", "embed", "iframe", "podcast", "tweet")
		if strings.Contains(name, "video") {
			s.embedded.kind = "Video"
		}
		s.embedded.attributes(b.z)
		s.embedded.addressByID(name)
		if len(s.embedded.addresses) > 0 {
			b.pushPlaceholder(s)
			if selfClosing || !b.isClosedLater(name) {
				b.endPlaceholder()
			}
		}
	}
	return true
}

// adElements are words in the names of elements that have no content for readers.
var adElements = nameSet("ad", "ads", "analytics", "pixel", "tracking", "consent", "share", "social", "like", "login", "subscribe", "newsletter", "comments")

// isPictureElement reports whether a name is that of a picture element: amp-img, amp-anim, v-img, lazy-image.
func isPictureElement(name string) bool {
	last := name[strings.LastIndexByte(name, '-')+1:]
	return last == "img" || last == "image" || last == "anim" || last == "picture" || last == "photo"
}

// beginElement opens a player, an object or a frame. One that is never closed has no content.
func (b *balancer) beginElement(name string, selfClosing bool) {
	h := &mediaElement{tag: name, depth: 1}
	switch {
	case strings.Contains(name, "video"):
		h.kind = "Video"
	case strings.Contains(name, "audio"):
		h.kind = "Recording"
	default:
		h.kind = "Embedded page"
	}
	h.attributes(b.z)
	if b.element != nil {
		b.endElement()
	}
	b.element = h
	if selfClosing || !b.isClosedLater(name) {
		b.endElement()
	}
}

// gatherChild reads a tag within the open media element, and reports whether the tag belongs to that element.
func (b *balancer) gatherChild(tag atom.Atom, name []byte) bool {
	h := b.element
	if h.tag == "picture" {
		switch {
		case tag == atom.Source:
			h.candidate(b.z)
		case tag == atom.Noscript:
			return false
		case tag == atom.Img || tag == atom.Image || tag == 0 && isPictureElement(string(name)):
			p := pictureIn(b.z)
			// The first img counts, or the one in noscript if the first needs a script.
			if was := h.picture; was.src == "" || was.isLazy() {
				p.set, p.lazySet = append(p.set, was.set...), append(p.lazySet, was.lazySet...)
				p.alt = cmp.Or(p.alt, was.alt)
				h.picture = p
			}
			if !b.noscript && !b.isClosedLater("picture") {
				b.endElement()
			}
		case tag == atom.Picture && b.noscript:
		case tag == atom.Picture || isBlock(tag) && !b.isClosedLater("picture"):
			b.endElement()
			return false
		}
		return true
	}
	switch tag {
	case atom.Video, atom.Audio, atom.Iframe:
		if string(name) == h.tag && h.tag != "iframe" { // these don't nest, so the first was not closed
			b.endElement()
			return false
		}
		h.attributes(b.z)
	case atom.Source, atom.Embed, atom.Object:
		inner := embedded{}
		inner.attributes(b.z)
		h.addresses = append(h.addresses, inner.addresses...)
	case atom.Param:
		param, value := "", ""
		for _, a := range b.z.attrs() {
			switch string(a.key) {
			case "name":
				param = strings.ToLower(string(a.val))
			case "value":
				value = strings.TrimSpace(string(a.val))
			}
		}
		switch param {
		case "movie", "src", "url", "filename", "data":
			if a := webAddress(value); a != "" {
				h.addresses = append(h.addresses, a)
			}
		}
	case atom.A:
		inner := embedded{}
		inner.attributes(b.z)
		h.fallback = append(h.fallback, inner.addresses...)
	case atom.Img:
		if h.tag == "object" && h.picture.address() == "" {
			h.picture = pictureIn(b.z)
		}
	}
	return true
}

// candidate reads a source element of a picture. It leaves out media types that the picture proxy does not pass on.
func (h *mediaElement) candidate(z *tokenizer) {
	p, kind := picture{}, ""
	for _, a := range z.attrs() {
		switch v := strings.TrimSpace(string(a.val)); string(a.key) {
		case "type":
			kind = strings.ToLower(v)
		case "media", "sizes":
		default:
			p.attribute(string(a.key), v)
		}
	}
	switch kind {
	case "", "image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/avif":
	default:
		return
	}
	if p.src != "" {
		p.set = append(p.set, candidate{url: p.src})
	}
	for _, a := range append(p.lazy, p.others...) {
		p.set = append(p.set, candidate{url: a})
	}
	h.picture.set = append(h.picture.set, p.set...)
	h.picture.set = append(h.picture.set, p.lazySet...)
}

// endMedia handles the end tags of media elements and placeholders, and reports whether it has handled the tag.
func (b *balancer) endMedia(name []byte) bool {
	if n := len(b.placeholders); n > 0 && string(name) == b.placeholders[n-1].name {
		b.placeholders[n-1].depth--
		if b.placeholders[n-1].depth <= 0 && b.element == nil {
			b.endPlaceholder()
		}
	}
	if b.element == nil {
		return false
	}
	if string(name) == b.element.tag {
		b.element.depth--
		if b.element.depth <= 0 {
			b.endElement()
		}
		return true
	}
	return b.element.tag != "picture" || b.isClosedLater("picture")
}

// isClosedLater reports whether the source has an end tag for an element further on.
func (b *balancer) isClosedLater(name string) bool {
	at, known := b.lastEnds[name]
	if !known && len(b.lastEnds) >= maxNames {
		return false
	}
	if !known {
		for at = len(b.src); at >= 0; {
			at = strings.LastIndex(b.src[:at], "</")
			if end := at + 2 + len(name); at < 0 || end < len(b.src) && strings.EqualFold(b.src[at+2:end], name) && strings.IndexByte("> \t\r\n/", b.src[end]) >= 0 {
				break
			}
		}
		if b.lastEnds == nil {
			b.lastEnds = map[string]int{}
		}
		b.lastEnds[name] = at
	}
	return at >= b.z.at
}

func (b *balancer) endElement() {
	h := b.element
	if b.element = nil; h == nil {
		return
	}
	if h.tag == "picture" {
		b.picture(h.picture)
		return
	}
	h.addresses = append(h.addresses, h.fallback...)
	switch {
	case h.tag == "object" && h.address() != "" && isPictureURL(h.address()):
		p := picture{src: h.address(), alt: h.title}
		b.picture(p)
	case h.tag == "object" && h.address() == "" && h.picture.address() != "":
		b.picture(h.picture)
	default:
		b.embed(h.embedded)
	}
}

// embed writes the link to embedded content.
func (b *balancer) embed(e embedded) {
	address := e.address()
	if e.invisible || address == "" && e.title == "" && e.srcdoc == "" {
		return
	}
	behind, known := playerOf(address)
	if known && behind.name == "" || b.embedded[address] && address != "" {
		return
	}
	if b.embedded == nil {
		b.embedded = map[string]bool{}
	}
	b.embedded[address] = true
	b.lastPicture = writtenPicture{}
	for i, t := range b.open {
		if t == atom.A { // a link in a link
			b.closeTo(i)
			break
		}
	}
	label := html.EscapeString(e.label(address))
	link := label
	if address != "" && len(b.open) < maxDepth {
		link = `<a href="` + html.EscapeString(address) + `">` + label + `</a>`
	}
	b.linkCount++
	switch {
	case len(b.open) == 0:
		link = "<p>" + link + "</p>"
	case b.open[len(b.open)-1] == atom.Ul || b.open[len(b.open)-1] == atom.Ol:
		link = "<li>" + link + "</li>"
	default:
		if out := b.out.Bytes(); strings.IndexByte(" \n\t>", out[len(out)-1]) < 0 {
			link = " " + link
		}
		if !b.noscript && b.z.at < len(b.src) && strings.IndexByte(" \n\t<", b.src[b.z.at]) < 0 {
			link += " "
		}
	}
	b.out.WriteString(link)
}

// placeholderTags are the elements that publishers leave empty for scripts to fill.
var placeholderTags = []atom.Atom{atom.Div, atom.Figure, atom.Span, atom.Section, atom.Blockquote, atom.Center, atom.Li, atom.Td}

// addPlaceholder records an element that a script would fill.
func (b *balancer) addPlaceholder(name string) {
	s := placeholder{name: name, depth: 1, embedded: embedded{kind: "Embedded page"}}
	class, id, style := "", "", ""
	var urls [][2]string
	for _, a := range b.z.attrs() {
		switch k, v := string(a.key), strings.TrimSpace(string(a.val)); k {
		case "class":
			class = strings.ToLower(v)
		case "style":
			style = v
		case "data-id", "data-videoid", "data-video-id", "data-youtube-id", "data-yt-id", "data-embed", "data-youtube", "data-vimeo-id", "data-ytid":
			id, class = v, class+" "+k
		case "title", "aria-label", "data-title":
			s.embedded.title = foldLine(v)
		case "cite":
			if name == "blockquote" {
				urls = append(urls, [2]string{k, v})
			}
		default:
			if strings.HasPrefix(k, "data-") {
				urls = append(urls, [2]string{k, v})
			}
		}
	}
	if hiddenStyle(style) || tinyStyle(style) {
		return
	}
	for _, u := range urls {
		s.readDataAttribute(u[0], u[1], class)
	}
	if len(s.embedded.addresses) == 0 && id != "" && containsAny(class, "youtube", "vimeo", "yt", "tweet", "dailymotion") {
		s.embedded.id = id
		s.embedded.addressByID(strings.Replace(class, "yt", "youtube", 1))
	}
	if bg := background(style); bg != "" && s.picture.address() == "" {
		s.picture.src = bg
	}
	s.isPlayer = containsAny(class, "player", "video", "youtube", "vimeo", "audio")
	if len(s.embedded.addresses) > 0 || s.picture.address() != "" {
		b.pushPlaceholder(s)
	}
}

// readDataAttribute takes one data attribute of an element that a script fills.
func (s *placeholder) readDataAttribute(key, val, class string) {
	if len(val) < 8 {
		return
	}
	if val[0] == '{' || val[0] == '[' {
		if containsAny(class, "embed", "tweet", "youtube", "vimeo", "audio", "video", "player", "podcast") {
			s.embedded.addresses = append(s.embedded.addresses, embeddedInJSON(val)...)
		} else if address := pictureInJSON(val); address != "" && containsAny(class, "image", "img", "picture", "photo") {
			s.picture.others = append(s.picture.others, address)
		}
		return
	}
	address := webAddress(val)
	if address == "" {
		if strings.HasSuffix(key, "set") {
			s.picture.attribute(key, val)
		}
		return
	}
	_, known := playerOf(address)
	switch key {
	case "data-oembed-url", "data-oembed", "data-embed-url", "data-embed-src", "data-video-url", "data-video-src", "data-iframe-src", "data-iframe", "data-audio-url",
		"data-audio-src", "data-audio", "data-video", "data-mp4", "data-mp3", "data-instgrm-permalink", "data-youtube-url", "data-yt-url", "data-player-url":
		s.embedded.addresses = append(s.embedded.addresses, address)
	case "cite", "data-href":
		if containsAny(class, "embed", "fb-", "tweet", "instagram", "media") {
			s.embedded.addresses = append(s.embedded.addresses, address)
		}
	default:
		switch {
		case isPictureURL(address) && !isLinkName(key) && !known && !containsAny(key, "thumb", "media"):
			s.picture.attribute(key, val)
		case containsAny(key, "src", "url", "file"):
			file, _, _ := strings.Cut(strings.ToLower(address), "?")
			isRecording := func(ext string) bool { return strings.HasSuffix(file, ext) }
			if known || slices.ContainsFunc([]string{".mp4", ".m4v", ".webm", ".mov", ".mp3", ".m4a", ".ogg", ".m3u8", ".wav"}, isRecording) {
				s.embedded.addresses = append(s.embedded.addresses, address)
			}
		}
	}
}

const (
	maxPlaceholders = 16 // nesting depth of the recorded placeholders
	maxNames        = 50 // of elements whose end tags are searched for
)

func (b *balancer) pushPlaceholder(s placeholder) {
	if len(b.placeholders) < maxPlaceholders {
		s.textCount, s.pictureCount, s.linkCount = b.textCount, b.pictureCount, b.linkCount
		b.placeholders = append(b.placeholders, s)
	}
}

// endPlaceholder writes the content of the innermost placeholder if nothing else was written within it.
func (b *balancer) endPlaceholder() {
	s := b.placeholders[len(b.placeholders)-1]
	b.placeholders = b.placeholders[:len(b.placeholders)-1]
	if b.pictureCount == s.pictureCount && s.picture.address() != "" {
		b.picture(s.picture)
	}
	if b.linkCount == s.linkCount && (s.isPlayer || b.textCount == s.textCount) && len(s.embedded.addresses) > 0 {
		b.embed(s.embedded)
	}
}

// picture writes a picture unless it was written already. Pages with lazy loading contain each picture twice: once for scripts,
// and once in noscript for readers without scripts.
func (b *balancer) picture(p picture) {
	address := p.address()
	tag := p.tag(address)
	if tag != "" {
		if behind, known := playerOf(address); known && behind.name == "" {
			tag = ""
		}
	}
	if tag == "" {
		if !b.noscript {
			b.lastPicture = writtenPicture{}
		}
		return
	}
	if !b.checkedNoscript {
		b.checkedNoscript = true
		if b.noscript || strings.Contains(b.src, "noscript") || strings.Contains(b.src, "NOSCRIPT") {
			b.pictures = map[string]bool{}
		}
	}
	key := ""
	if b.pictures != nil {
		key = pictureKey(address)
	}
	_, written := b.pictures[key]
	twin := b.lastPicture.to > 0
	switch {
	case b.noscript && twin && !b.lastPicture.noscript && b.lastPicture.key != key && (b.lastPicture.late || isPictureURL(address) && isVersion(b.lastPicture.key, key)):
		// The last written picture was a placeholder of this one, which replaces it.
		rest := string(b.out.Bytes()[b.lastPicture.to:])
		b.out.Truncate(b.lastPicture.from)
		b.write(tag, p)
		delete(b.pictures, b.lastPicture.key)
		b.lastPicture = writtenPicture{}
		b.pictures[key] = true
		b.out.WriteString(rest)
		return
	case b.noscript && written:
		if key == b.lastPicture.key {
			b.lastPicture = writtenPicture{}
		}
		return
	case !b.noscript && twin && b.lastPicture.noscript && (p.isLazy() || b.lastPicture.key == key):
		b.lastPicture = writtenPicture{}
		return
	case !b.noscript && p.isLazy() && b.pictures[key]:
		return
	}
	from := b.out.Len()
	b.pictureCount++
	b.write(tag, p)
	b.lastPicture = writtenPicture{from, b.out.Len(), key, p.isLazy(), b.noscript}
	if b.pictures != nil {
		b.pictures[key] = b.noscript
	}
}

// write writes a picture, and below it the title that browsers show when the pointer is over the picture.
func (b *balancer) write(tag string, p picture) {
	b.out.WriteString(tag)
	hover := p.hoverText()
	if hover == "" {
		return
	}
	after := b.after
	if !b.noscript {
		after = b.src[min(b.z.at, len(b.src)):]
	}
	if begins(after, hover) {
		return
	}
	if len(b.open) < maxDepth {
		b.out.WriteString("<br><small>" + html.EscapeString(hover) + "</small>")
	} else {
		b.out.WriteString("<br>" + html.EscapeString(hover))
	}
	b.textCount++
}

// begins reports whether the text of an HTML fragment begins with a line.
func begins(src, line string) bool {
	want := foldKey(line)
	z := newTokenizer(src[:min(len(src), 500+8*len(line))])
	z.rawText = true
	var text strings.Builder
	for text.Len() < 2*len(line)+100 && z.next() && (z.kind != html.StartTagToken || z.tag != atom.Img) {
		if z.kind == html.TextToken {
			text.Write(z.Text())
		}
	}
	return strings.HasPrefix(foldKey(text.String()), want)
}

// isVersion reports whether the file name of one picture is that of the other with an addition: "bridge-blur.jpg" and
// "bridge.jpg".
func isVersion(a, b string) bool {
	short, long := strings.ToLower(fileName(a)), strings.ToLower(fileName(b))
	if len(short) > len(long) {
		short, long = long, short
	}
	rest, ok := strings.CutPrefix(long, short)
	return ok && (rest == "" || strings.IndexByte("-_.@", rest[0]) >= 0)
}

// pictureKey returns the same key for the addresses of a picture in several sizes.
func pictureKey(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	at, query, _ := strings.Cut(rest, "?")
	if !isPictureURL(at) || strings.Contains(query, "url=") {
		return rest
	}
	dot := strings.LastIndexByte(at, '.')
	stem := at[:dot]
	if i := strings.LastIndexByte(stem, '-'); i >= 0 {
		if w, h, ok := strings.Cut(stem[i+1:], "x"); stem[i+1:] == "scaled" || ok && isSize(w) && isSize(h) {
			stem = stem[:i]
		}
	}
	return strings.TrimSuffix(stem, "@2x") + at[dot:]
}

// balancer rewrites HTML with paired tags, at most maxDepth deep, and without elements whose content is not for reading.
// Pictures get their best address, and embedded content becomes a link.
type balancer struct {
	z              *tokenizer
	src            string // what z reads, up to maxHTML
	out            bytes.Buffer
	open           []atom.Atom
	skip           atom.Atom // element whose content is being left out
	depth          int       // of skip
	plain          bool
	needsParagraph bool // the next words need a new paragraph

	unclosedNoscript bool // a noscript element has no end tag, and z reads its content as HTML

	noscript        bool   // z reads the content of a noscript element: only pictures and embedded content count
	after           string // the source after that element
	element         *mediaElement
	placeholders    []placeholder
	lastPicture     writtenPicture  // the most recent output, if that is a picture
	pictures        map[string]bool // keys of the pictures written; true for those in noscript. Nil if src has no noscript
	checkedNoscript bool            // whether src has a noscript
	embedded        map[string]bool // addresses of the links written for embedded content

	textCount, pictureCount, linkCount int // texts, pictures and links written so far
	lastEnds                           map[string]int
}

func (b *balancer) closeTo(n int) {
	for len(b.open) > n {
		tag := b.open[len(b.open)-1]
		b.open = b.open[:len(b.open)-1]
		b.out.WriteString("</" + tag.String() + ">")
	}
}

// writtenPicture is a picture as a span of the output.
type writtenPicture struct {
	from, to       int
	key            string
	late, noscript bool
}

const (
	maxHTML  = 1 << 20 // bytes of HTML kept for display
	maxDepth = 40      // nesting depth; deeper elements lose their tags
)
