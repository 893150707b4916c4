package discover

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// page returns the links of an HTML page. Hubs and topics count only in its head, since its body may contain text of anybody
// (WebSub, section 8.2). Feeds are accepted anywhere, as feed readers have always done.
func page(doc []byte, address string) []Link {
	s := linkScanner{base: parseBase(address), head: true}
	z := html.NewTokenizer(bytes.NewReader(doc)) // a stream of tokens, so nothing nests or recurses
	for len(s.links) < maxLinks {
		switch z.Next() {
		case html.ErrorToken:
			return s.links
		case html.EndTagToken:
			name, _ := z.TagName()
			s.head = s.head && string(name) != "head"
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			switch string(name) {
			case "body":
				s.head = false
			case "base":
				if to, ok := linkTo(s.base, attributes(z, more)["href"]); ok && !s.based && s.head {
					s.base, s.based = parseBase(to), true
				}
			case "link":
				s.add(attributes(z, more))
			}
		}
	}
	return s.links
}

// linkScanner collects links.
type linkScanner struct {
	base  *url.URL
	based bool // <base> was seen; only the first counts
	head  bool
	links []Link
}

// add adds the link of a <link> element.
func (s *linkScanner) add(attrs map[string]string) {
	to, ok := linkTo(s.base, attrs["href"])
	if !ok {
		return
	}
	for _, rel := range relations(attrs["rel"]) {
		switch rel {
		case "hub", "self":
			if !s.head {
				continue
			}
		case "alternate", "feed":
		default:
			continue
		}
		if len(s.links) < maxLinks {
			s.links = append(s.links, Link{rel, to, mediaType(attrs["type"]), title(attrs["title"])})
		}
	}
}

var hubOrSelf = regexp.MustCompile(`(?i)hub|self`)

// attributes returns the attributes that are used for links.
func attributes(z *html.Tokenizer, more bool) map[string]string {
	out := map[string]string{}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch k := string(key); k {
		case "rel", "href", "type", "title":
			if _, twice := out[k]; !twice {
				out[k] = string(value[:min(len(value), maxAddress+1)]) // longer addresses are rejected
			}
		}
	}
	return out
}

// feed returns the links of an XML feed outside its items. It uses the HTML tokenizer, since broken XML does not stop that.
func feed(doc []byte, address string) []Link {
	if !hubOrSelf.Match(doc) {
		return nil
	}
	s := linkScanner{base: parseBase(address), head: true}
	z := html.NewTokenizer(bytes.NewReader(doc))
	z.AllowCDATA(true)
	items := 0 // number of open items
	for len(s.links) < maxLinks {
		switch z.Next() {
		case html.ErrorToken:
			return s.links
		case html.EndTagToken:
			if name, _ := z.TagName(); isItem(name) && items > 0 {
				items--
			}
		case html.SelfClosingTagToken, html.StartTagToken:
			empty := bytes.HasSuffix(z.Raw(), []byte("/>"))
			z.NextIsNotRawText() // <title> and <script> have no special meaning in XML
			name, more := z.TagName()
			switch {
			case isItem(name) && !empty:
				items++
			case items == 0 && string(local(name)) == "link":
				s.add(attributes(z, more))
			}
		}
	}
	return s.links
}

func isItem(name []byte) bool {
	n := string(local(name))
	return n == "item" || n == "entry"
}

// local removes the prefix of a name: atom:link, atom10:link.
func local(name []byte) []byte { return name[bytes.LastIndexByte(name, ':')+1:] }

// jsonFeed returns the hubs and the address of a JSON Feed.
func jsonFeed(doc []byte, address string) []Link {
	if !bytes.Contains(doc, []byte(`"hubs"`)) {
		return nil
	}
	var f struct {
		FeedURL string `json:"feed_url"`
		Hubs    []struct {
			Type string `json:"type"`
			URL  string `json:"url"`
		} `json:"hubs"`
	}
	if err := json.Unmarshal(doc, &f); err != nil {
		return nil // the parser reports the error
	}
	base := parseBase(address)
	var links []Link
	if to, ok := linkTo(base, f.FeedURL); ok {
		links = append(links, Link{Rel: "self", URL: to})
	}
	for _, h := range f.Hubs[:min(len(f.Hubs), maxLinks)] {
		if to, ok := linkTo(base, h.URL); ok && strings.EqualFold(h.Type, "websub") {
			links = append(links, Link{Rel: "hub", URL: to})
		}
	}
	return links
}
