package clean

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// tokenizer reads HTML token by token. The fields describe the token that next has read.
type tokenizer struct {
	*html.Tokenizer
	src           string
	kind          html.TokenType
	tag           atom.Atom // of a start or end tag; 0 if the element is not known
	name          []byte    // of a start or end tag
	hasAttributes bool
	at            int  // bytes of the source read so far
	rawText       bool // the content of an element for which isRaw is true is one text, and not read as HTML

	isRead     bool // attributes holds those of the token
	attributes []attribute
	written    []byte // the token as written, once its attributes are read
}

// attribute is valid until the next token is read.
type attribute struct{ key, val []byte }

func newTokenizer(src string) *tokenizer {
	return &tokenizer{Tokenizer: html.NewTokenizer(strings.NewReader(src)), src: src}
}

// next reads a token and reports whether there was one.
func (z *tokenizer) next() bool {
	z.kind = z.Next()
	z.at += len(z.Tokenizer.Raw())
	z.hasAttributes, z.isRead, z.attributes = false, false, z.attributes[:0]
	switch z.kind {
	case html.ErrorToken:
		return false
	case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
		z.name, z.hasAttributes = z.TagName()
		z.tag = atom.Lookup(z.name)
		if z.kind == html.SelfClosingTagToken || z.kind == html.StartTagToken && isRaw(z.tag) && !z.rawText {
			z.NextIsNotRawText()
		}
	}
	return true
}

// attrs returns the attributes of a tag, for as many readers as ask.
func (z *tokenizer) attrs() []attribute {
	if z.isRead || !z.hasAttributes {
		return z.attributes
	}
	z.written = append(z.written[:0], z.Tokenizer.Raw()...) // TagAttr decodes character references in place
	z.isRead = true
	for more := true; more; {
		var a attribute
		a.key, a.val, more = z.TagAttr()
		if len(a.key) > 0 {
			z.attributes = append(z.attributes, a)
		}
	}
	return z.attributes
}

// Raw returns the token as written. That of a text is lost once Text has decoded it.
func (z *tokenizer) Raw() []byte {
	if z.isRead {
		return z.written
	}
	return z.Tokenizer.Raw()
}

func isHeading(t atom.Atom) bool {
	switch t {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return false
}

func isBlock(t atom.Atom) bool {
	switch t {
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Header, atom.Main, atom.Ul, atom.Ol, atom.Li, atom.Dl,
		atom.Dt, atom.Dd, atom.Blockquote, atom.Pre, atom.Table, atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr, atom.Hr,
		atom.Figure, atom.Figcaption, atom.Address, atom.Center, atom.Fieldset, atom.Details, atom.Summary, atom.Body,
		atom.Html, atom.Caption, atom.Footer, atom.Hgroup, atom.Dir, atom.Legend:
		return true
	}
	return isHeading(t)
}

// isRaw reports whether the tokenizer would return an element's content as raw text although it must not: feeds often omit the
// end tag of such elements, and the rest of the article would be lost. Script and style are not among them and stay raw.
func isRaw(t atom.Atom) bool {
	switch t {
	case atom.Iframe, atom.Noembed, atom.Noframes, atom.Plaintext, atom.Textarea, atom.Title, atom.Xmp:
		return true
	}
	return false
}

// tagRole returns the role of an element's content by the element's name alone.
func tagRole(t atom.Atom) role {
	switch t {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Object, atom.Svg, atom.Form,
		atom.Button, atom.Select, atom.Textarea, atom.Nav, atom.Aside, atom.Footer, atom.Audio, atom.Video,
		atom.Canvas, atom.Title, atom.Dialog, atom.Noembed, atom.Noframes, atom.Datalist:
		return dropped
	case atom.Figure, atom.Figcaption, atom.Caption:
		return captionLine
	}
	return prose
}

// hasBlocks reports whether HTML has an element that separates paragraphs. In HTML without one, line ends separate them.
func hasBlocks(src string) bool {
	for {
		i := strings.IndexByte(src, '<')
		if i < 0 {
			return false
		}
		src = src[i+1:]
		n := 0
		for n < len(src) && n < 12 && (src[n]|0x20 >= 'a' && src[n]|0x20 <= 'z' || src[n] >= '0' && src[n] <= '9') {
			n++
		}
		var name [12]byte
		tag := atom.Lookup(bytes.ToLower(append(name[:0], src[:n]...)))
		if tag == atom.Br || tag != 0 && isBlock(tag) {
			return true
		}
	}
}

// attrRole returns the role of an element's content by an attribute: class and id names of WordPress, its common plugins and
// other publishing systems, and marks that hide content.
func attrRole(key, val []byte) role {
	switch string(key) {
	case "hidden":
		return dropped
	case "aria-hidden":
		return roleIf(string(val) == "true", dropped)
	case "style":
		return roleIf(len(val) < 500 && bytes.Contains(bytes.ReplaceAll(val, []byte(" "), nil), []byte("display:none")), dropped)
	case "role":
		return roleIf(string(val) == "navigation" || string(val) == "complementary", dropped)
	case "class", "id":
		isSpace := func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }
		for name := range bytes.FieldsFuncSeq(val[:min(len(val), 500)], isSpace) {
			if r := nameRole(name); r != prose {
				return r
			}
		}
	}
	return prose
}

func roleIf(yes bool, r role) role {
	if yes {
		return r
	}
	return prose
}

func nameRole(name []byte) role {
	var low [40]byte
	if len(name) < 3 || len(name) > len(low) {
		return prose
	}
	n := low[:0]
	for _, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c == '_':
			c = '-'
		}
		n = append(n, c)
	}
	switch string(n) {
	case "sharedaddy", "sd-sharing", "sd-content", "jp-relatedposts", "jetpack", "addtoany", "a2a-kit", "feedflare",
		"wp-block-buttons", "wp-block-button", "wp-block-latest-posts", "wp-block-search", "wp-block-comments",
		"wp-block-social-links", "wp-block-tag-cloud", "wp-block-read-more", "wp-block-pullquote", "pullquote",
		"pull-quote", "post-navigation", "navigation", "nav-links", "breadcrumb", "breadcrumbs", "pagination",
		"comments", "comment", "comment-count", "comments-count", "comments-link", "comments-area", "comment-respond",
		"comment-list", "disqus-thread", "related", "related-posts", "related-articles", "related-content",
		"relatedposts", "related-links", "yarpp", "yarpp-related", "crp-related", "rp4wp-related-posts", "read-more",
		"more-link", "readmore", "social", "social-share", "social-icons", "social-links", "share", "sharing",
		"share-buttons", "share-links", "post-share", "post-tags", "tags-links", "tag-links", "entry-tags", "cat-links",
		"entry-meta", "entry-footer", "post-meta", "author-box", "author-bio", "about-author", "authorbox",
		"post-author-bio", "saboxplugin-wrap", "abh-box", "molongui-author-box", "newsletter", "newsletter-signup",
		"newsletter-form", "mc-embed-signup", "mc4wp-form", "subscribe", "subscription", "subscribe-form", "signup",
		"advertisement", "advert", "ad-container", "adsbygoogle", "ads", "outbrain", "taboola", "screen-reader-text",
		"sr-only", "visually-hidden", "noprint", "no-print", "cookie-notice", "skip-link", "toc", "ez-toc-container",
		"print-only", "tptn-counter", "post-views", "post-ratings", "rating", "player", "video-js":
		return dropped
	case "wp-caption", "wp-caption-text", "wp-element-caption", "caption", "caption-text", "image-caption",
		"photo-caption", "media-caption", "gallery-caption", "img-caption", "photo-credit", "image-credit",
		"media-credit", "photocredit", "img-credit", "credit", "credits", "figcaption", "cutline":
		return captionLine
	case "byline", "by-line", "article-byline", "entry-author", "post-author", "by-author", "author", "authors",
		"byline-name", "post-byline":
		return bylineLine
	case "copyright", "copyright-notice":
		return rightsLine
	}
	for _, p := range [...]string{"addtoany-", "jp-relatedposts", "sharedaddy", "taboola-", "outbrain-", "jetpack-subscri"} {
		if bytes.HasPrefix(n, []byte(p)) {
			return dropped
		}
	}
	return prose
}
