package parse

import "strings"

// role is what an open element is to the guard.
type role uint8

const (
	dropped   role = iota // with all that is in it
	container             // the root, channel, atom:source, a person: its known children are kept
	item                  // a container that is counted and numbered
	words                 // text with any markup in it, handed to gofeed as it stands
	captured              // text with any markup in it, kept aside for the translation
	extension             // text, or elements of its own vocabulary in it
	unwrapped             // the tags are left out, the text is kept
	inline                // markup within words or captured
)

// place is a container's kind, which says what its children are.
type place uint8

const (
	outside place = iota
	rssRoot
	rssChannel
	rssItem
	rssSkips
	atomFeed
	atomEntry
	atomSource
	atomPerson
)

// child says what to do with an element of that name in that place. What is not named here never reaches gofeed.
func (p place) child(n name) (role, place) {
	switch p {
	case rssRoot, rssChannel:
		return rssChild(n, p)
	case rssItem:
		return rssItemChild(n), outside
	case rssSkips:
		if s := n.String(); s == "hour" || s == "day" {
			return words, outside
		}
	case atomFeed:
		return atomFeedChild(n)
	case atomEntry:
		return atomEntryChild(n)
	case atomSource:
		switch n.String() {
		case "title", "link", "id":
			return words, outside
		case "author":
			return container, atomPerson
		}
	case atomPerson:
		if n.space == nativeSpace && (n.local == "name" || n.local == "email") {
			return words, outside
		}
	}
	return dropped, outside
}

func rssChild(n name, p place) (role, place) {
	switch n.String() {
	case "channel":
		if p == rssRoot {
			return container, rssChannel
		}
	case "item":
		return item, rssItem
	case "title", "link", "description", "language", "generator", "ttl":
		return words, outside
	case "skiphours", "skipdays":
		return container, rssSkips
	case "dc:title", "dc:language", "sy:updateperiod", "sy:updatefrequency", "atom:link":
		return extension, outside
	case "pubdate", "lastbuilddate", "dc:date", "dcterms:modified", "atom:updated":
		return captured, outside
	}
	return dropped, outside
}

func rssItemChild(n name) role {
	switch n.space {
	case nativeSpace:
		switch n.local {
		case "title", "link", "description", "guid", "category", "enclosure", "source", "encoded":
			return words
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
			return words
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

func atomFeedChild(n name) (role, place) {
	switch n.String() {
	case "entry":
		return item, atomEntry
	case "author":
		return container, atomPerson
	case "title", "link", "generator":
		return words, outside
	case "dc:title", "dc:language", "sy:updateperiod", "sy:updatefrequency":
		return extension, outside
	case "updated", "modified", "dc:date":
		return captured, outside
	}
	return dropped, outside
}

func atomEntryChild(n name) (role, place) {
	switch n.space {
	case nativeSpace:
		switch n.local {
		case "source":
			return container, atomSource
		case "author":
			return container, atomPerson
		case "title", "link", "category", "summary", "content", "rights":
			return words, outside
		case "id", "published", "updated", "issued", "modified", "created", "guid", "pubdate", "description":
			return captured, outside
		}
	case "dc", "dcterms", "media", "itunes", "feedburner", "content", "prism":
		if n.String() == "content:encoded" {
			return captured, outside
		}
		return rssItemChild(n), outside
	}
	return dropped, outside
}

// isDate holds for the elements whose text is a date. They are captured, so that gofeed does not try its layouts.
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

// isBrief holds for elements whose text never contains an element of the feed: another one that begins inside shows
// that the end tag is missing.
func isBrief(n name) bool {
	if n.space != nativeSpace {
		return false
	}
	switch n.local {
	case "title", "link", "guid", "id", "category", "author", "name", "language", "generator", "ttl", "hour", "day":
		return true
	}
	return isDate(n)
}

// isLong holds for elements whose text is worth having when the document ends inside them.
func isLong(n name) bool {
	switch n.local {
	case "description", "encoded", "content", "summary", "body", "fullitem":
		return true
	}
	return false
}

// isVoid holds for HTML elements that have no end tag.
func isVoid(name string) bool {
	switch strings.ToLower(name) {
	case "br", "hr", "img", "wbr", "input", "area", "col", "embed", "param", "meta":
		return true
	}
	return false
}
