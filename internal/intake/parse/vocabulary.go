package parse

import (
	"bytes"
	"slices"
	"strings"
)

// role is how the guard treats an element.
type role uint8

const (
	dropped   role = iota // with all its content
	container             // the root, channel, atom:source, a person: its known children are kept
	item                  // a container that is counted and numbered
	textual               // text with any markup in it, passed to gofeed unchanged
	captured              // text with any markup in it, captured for entryReader
	extension             // text, or elements of the extension's own vocabulary
	unwrapped             // the tags are left out, the text is kept
	inline                // markup within a textual or captured element
)

// containerKind is the kind of a container. It determines which children are allowed.
type containerKind uint8

const (
	noContainer containerKind = iota
	rssRoot
	rssChannel
	rssItem
	rssSkips
	atomFeed
	atomEntry
	atomSource
	atomPerson
)

// child returns the role of an element in a container of kind p, and the element's own kind if it is a container. Elements that
// are not listed never reach gofeed.
func (p containerKind) child(n name) (role, containerKind) {
	switch p {
	case rssRoot, rssChannel:
		return rssChild(n, p)
	case rssItem:
		return rssItemChild(n), noContainer
	case rssSkips:
		if s := n.String(); s == "hour" || s == "day" {
			return textual, noContainer
		}
	case atomFeed:
		return atomFeedChild(n)
	case atomEntry:
		return atomEntryChild(n)
	case atomSource:
		switch n.String() {
		case "title", "link", "id":
			return textual, noContainer
		case "author":
			return container, atomPerson
		}
	case atomPerson:
		if n.space == nativeSpace && (n.local == "name" || n.local == "email") {
			return textual, noContainer
		}
	}
	return dropped, noContainer
}

func rssChild(n name, p containerKind) (role, containerKind) {
	switch n.String() {
	case "channel":
		if p == rssRoot {
			return container, rssChannel
		}
	case "item":
		return item, rssItem
	case "title", "link", "description", "language", "generator", "ttl":
		return textual, noContainer
	case "skiphours", "skipdays":
		return container, rssSkips
	case "dc:title", "dc:language", "sy:updateperiod", "sy:updatefrequency", "atom:link":
		return extension, noContainer
	case "pubdate", "lastbuilddate", "dc:date", "dcterms:modified", "atom:updated":
		return captured, noContainer
	}
	return dropped, noContainer
}

func rssItemChild(n name) role {
	switch n.space {
	case nativeSpace:
		switch n.local {
		case "title", "link", "description", "guid", "category", "enclosure", "source", "encoded":
			return textual
		case "author", "image", "body", "fullitem", "content", "summary", "abstract", "id", "pubdate", "issued", "modified", "created", "published", "updated", "date":
			return captured
		}
	case "dc", "dcterms":
		if isDate(n) {
			return captured
		}
		return extension
	case "prism":
		if isDate(n) {
			return captured
		}
	case "media", "ag", "enc":
		return extension
	case atomSpace:
		switch n.local {
		case "link", "category":
			return extension
		case "content", "summary", "author", "title", "published", "updated", "issued", "modified", "created", "rights", "id":
			return captured
		}
	case xhtmlSpace, "payload":
		return captured
	case "content":
		if n.local == "encoded" {
			return textual
		}
	case "itunes":
		switch n.local {
		case "author", "summary", "subtitle", "keywords", "title", "duration", "image":
			return extension
		}
	case "feedburner":
		if n.local == "origlink" {
			return extension
		}
	}
	return dropped
}

func atomFeedChild(n name) (role, containerKind) {
	switch n.String() {
	case "entry":
		return item, atomEntry
	case "author":
		return container, atomPerson
	case "title", "link", "generator":
		return textual, noContainer
	case "dc:title", "dc:language", "sy:updateperiod", "sy:updatefrequency":
		return extension, noContainer
	case "updated", "modified", "dc:date":
		return captured, noContainer
	}
	return dropped, noContainer
}

func atomEntryChild(n name) (role, containerKind) {
	switch n.space {
	case nativeSpace:
		switch n.local {
		case "source":
			return container, atomSource
		case "author":
			return container, atomPerson
		case "title", "link", "category", "summary", "content", "rights":
			return textual, noContainer
		case "id", "published", "updated", "issued", "modified", "created", "guid", "pubdate", "description":
			return captured, noContainer
		}
	case "dc", "dcterms", "media", "itunes", "feedburner", "content", "prism":
		if n.String() == "content:encoded" {
			return captured, noContainer
		}
		return rssItemChild(n), noContainer
	}
	return dropped, noContainer
}

// isDate reports whether the text of an element is a date. Dates are captured, so that gofeed does not try its layouts.
func isDate(n name) bool {
	switch n.local {
	case "date", "issued", "created", "modified":
		return true
	case "published", "updated", "pubdate":
		return n.space != "dc"
	case "publicationdate", "modificationdate":
		return n.space == "prism"
	}
	return false
}

// isShortText reports whether the text of an element never contains an element of the feed. If another element begins inside,
// the end tag is missing.
func isShortText(n name) bool {
	if n.space != nativeSpace {
		return false
	}
	switch n.local {
	case "title", "link", "guid", "id", "category", "author", "name", "language", "generator", "ttl", "hour", "day":
		return true
	}
	return isDate(n)
}

// name is an element's name without the document's own prefix. space is "" for the feed's own vocabulary, a value of
// vocabularyOf, or "?" for a vocabulary that is not read. local is lower-case.
type name struct {
	space, local string
}

func (n name) String() string {
	if n.space == "" {
		return n.local
	}
	return n.space + ":" + n.local
}

const (
	nativeSpace  = ""
	unknownSpace = "?"
	rssSpace     = "rss"
	atomSpace    = "atom"
	xhtmlSpace   = "xhtml"
)

// vocabularyOf returns the vocabulary of a namespace address, ignoring case and a trailing "/" or "#". The values are the
// prefixes under which gofeed stores extensions.
func vocabularyOf(uri string) string {
	switch strings.TrimRight(strings.ToLower(strings.TrimSpace(uri)), "/#") {
	case "http://purl.org/rss/1.0", "http://my.netscape.com/rdf/simple/0.9", "http://channel.netscape.com/rdf/simple/0.9",
		"http://purl.org/net/rss1.1", "http://backend.userland.com/rss2", "http://blogs.law.harvard.edu/tech/rss",
		"http://purl.org/rss/2.0", "http://backend.userland.com/rss":
		return rssSpace
	case "http://www.w3.org/2005/atom", "https://www.w3.org/2005/atom", "http://purl.org/atom/ns", "http://purl.org/atom/app",
		"http://example.com/newformat", "http://necho.sourceforge.net", "http://purl.org/echo",
		"uri/of/echo/namespace", "http://purl.org/pie":
		return atomSpace
	case "http://purl.org/dc/elements/1.1", "http://purl.org/dc/elements/1.0":
		return "dc"
	case "http://purl.org/dc/terms":
		return "dcterms"
	case "http://purl.org/rss/1.0/modules/content":
		return "content"
	case "http://purl.org/rss/1.0/modules/syndication":
		return "sy"
	case "http://purl.org/rss/1.0/modules/aggregation":
		return "ag"
	case "http://search.yahoo.com/mrss", "https://search.yahoo.com/mrss", "http://www.rssboard.org/media-rss":
		return "media"
	case "http://www.itunes.com/dtds/podcast-1.0.dtd", "http://example.com/dtds/podcast-1.0.dtd":
		return "itunes"
	case "http://rssnamespace.org/feedburner/ext/1.0", "http://www.pheedo.com/namespace/pheedo":
		return "feedburner" // both have origLink
	case "http://purl.oclc.org/net/rss_2.0/enc", "http://purl.org/net/rss_2.0/enc":
		return "enc" // enclosures of RSS 1.0
	case "http://purl.org/net/rss1.1/payload":
		return "payload"
	case "http://www.w3.org/1999/xhtml":
		return xhtmlSpace
	case "http://www.w3.org/1999/02/22-rdf-syntax-ns":
		return "rdf"
	case "http://www.w3.org/xml/1998/namespace":
		return "xml"
	}
	if strings.HasPrefix(strings.ToLower(uri), "http://prismstandard.org/namespaces/") {
		return "prism"
	}
	return unknownSpace
}

// vocabularyOfPrefix returns the vocabulary of a prefix that is undeclared or bound to an unknown address.
func vocabularyOfPrefix(prefix string) string {
	switch prefix {
	case "rss", "atom", "dc", "dcterms", "content", "sy", "ag", "media", "itunes", "feedburner", "xhtml", "rdf", "xml", "prism", "enc":
		return prefix
	case "pheedo":
		return "feedburner"
	case "dct":
		return "dcterms"
	case "a10", "atom10", "atom03":
		return atomSpace
	}
	return unknownSpace
}

// binding is one xmlns declaration in force.
type binding struct {
	prefix, space string
}

// maxBindings is the maximum number of namespace declarations in force at once. Further ones are left out.
const maxBindings = 250

// nameResolver resolves element names within the declarations in force.
type nameResolver struct {
	bindings        []binding
	cache           map[string]name
	root            string // the format's own vocabulary: rssSpace or atomSpace
	rootPrefix      string // the prefix of the root element, which belongs to the format whatever its address
	tooManyBindings bool
}

// declare adds the xmlns attributes of a tag to the bindings and returns the number of bindings before. Some feeds use an
// unknown address as the default namespace. Except within text, it is treated as the feed's own vocabulary.
func (n *nameResolver) declare(attrs []attribute, inText bool) int {
	before := len(n.bindings)
	for _, a := range attrs {
		prefix, ok := xmlnsPrefix(a.name)
		if !ok {
			continue
		}
		if len(n.bindings) >= maxBindings {
			n.tooManyBindings = true
			break
		}
		space := vocabularyOf(string(a.value))
		if space == unknownSpace && prefix == "" && !inText {
			space = nativeSpace
		}
		n.bindings = append(n.bindings, binding{prefix, space})
	}
	if len(n.bindings) > before {
		clear(n.cache)
	}
	return before
}

// restore removes the bindings added since the call of declare that returned before.
func (n *nameResolver) restore(before int) {
	if len(n.bindings) > before {
		n.bindings = n.bindings[:before]
		clear(n.cache)
	}
}

func xmlnsPrefix(attr []byte) (string, bool) {
	if !bytes.HasPrefix(attr, []byte("xmlns")) {
		return "", false
	}
	if len(attr) == 5 {
		return "", true
	}
	return string(attr[6:]), attr[5] == ':'
}

// resolve returns the name of an element from its spelling in the document.
func (n *nameResolver) resolve(written []byte) name {
	if known, ok := n.cache[string(written)]; ok {
		return known
	}
	prefix, local := splitName(written)
	resolved := name{n.space(prefix), strings.ToLower(local)}
	if strings.Contains(local, ":") { // no name of any vocabulary (Namespaces in XML 1.0, section 4); encoding/xml rejects it
		resolved = name{unknownSpace, strings.ReplaceAll(resolved.local, ":", "-")}
	}
	if len(n.cache) < 1000 {
		n.cache[string(written)] = resolved
	}
	return resolved
}

func (n *nameResolver) space(prefix string) string {
	space, declared := unknownSpace, false
	for _, b := range slices.Backward(n.bindings) {
		if b.prefix == prefix {
			space, declared = b.space, true
			break
		}
	}
	switch {
	case space == n.root, space == rssSpace, !declared && prefix == "":
		return nativeSpace
	case space != unknownSpace, prefix == "":
		return space
	case prefix == n.rootPrefix:
		return nativeSpace
	}
	if space = vocabularyOfPrefix(prefix); space == n.root {
		return nativeSpace
	}
	return space
}
