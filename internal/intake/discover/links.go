package discover

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"headwater/internal/weburl"
)

// Link is one relation that a response announces, as an absolute http or https address.
type Link struct {
	Rel   string // one relation, in lower case: alternate, hub, self
	URL   string
	Type  string // media type in lower case without parameters, or ""
	Title string // as written, on one line; "" if there is none
}

// maxLinks is the maximum number of links that are taken from one response. Pages with more links are abusive.
const maxLinks = 200

// maxTitle and maxAddress are the maximum lengths of the parts of a link, in bytes.
const (
	maxTitle   = 200
	maxAddress = 4096
)

// withRel returns the addresses of the links with a relation, each once.
func withRel(links []Link, rel string) (addresses []string) {
	for _, l := range links {
		if l.Rel == rel && !slices.Contains(addresses, l.URL) {
			addresses = append(addresses, l.URL)
		}
	}
	return addresses
}

// linkTo returns the absolute address of a link. It returns false if that is not a web address.
func linkTo(base *url.URL, href string) (string, bool) {
	href = Plain(href)
	if href == "" || len(href) > maxAddress || base == nil {
		return "", false
	}
	u, err := weburl.Parse(weburl.Join(base, href))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", false
	}
	u.Fragment = ""
	return u.String(), true
}

// mediaType removes the parameters of a media type.
func mediaType(s string) string {
	s, _, _ = strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(s))
}

func title(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if len(s) > maxTitle {
		s = strings.ToValidUTF8(s[:maxTitle], "") + "…"
	}
	return s
}

func parseBase(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	return u
}

// relations returns the relations in a rel attribute, in lower case. Atom allows the prefix of IANA's registry before their
// names (RFC 4287, section 4.2.7.2).
func relations(rel string) []string {
	all := strings.Fields(strings.ToLower(rel))
	for i, r := range all {
		for _, registry := range []string{"www.iana.org/assignments/relation/", "www.iana.org/assignments/link-relations/"} {
			if _, name, ok := strings.Cut(r, "://"+registry); ok && name != "" {
				all[i] = strings.Trim(name, "#/")
			}
		}
	}
	return all
}

// Header returns the links in Link headers (RFC 8288). Links with an anchor are about another document than the response, and
// are left out.
func Header(values []string, address string) []Link {
	base := parseBase(address)
	var links []Link
	for _, v := range values {
		for v != "" && len(links) < maxLinks {
			_, rest, _ := strings.Cut(v, "<")
			target, rest, ok := strings.Cut(rest, ">")
			if !ok {
				break
			}
			params := map[string]string{}
			for rest = strings.TrimLeft(rest, " \t"); strings.HasPrefix(rest, ";"); rest = strings.TrimLeft(rest, " \t") {
				var name, value string
				name, value, rest = param(rest[1:])
				if _, twice := params[name]; !twice { // the first rel counts, section 3.3
					params[name] = value
				}
			}
			_, v, _ = strings.Cut(rest, ",")
			to, ok := linkTo(base, target)
			if _, anchored := params["anchor"]; !ok || anchored {
				continue
			}
			for _, rel := range relations(params["rel"]) {
				links = append(links, Link{rel, to, mediaType(params["type"]), title(params["title"])})
			}
		}
	}
	return links[:min(len(links), maxLinks)]
}

// param reads name, name=value or name="value" up to the next ; or , outside quotes.
func param(s string) (name, value, rest string) {
	end := strings.IndexAny(s, "=;,")
	if end < 0 {
		return strings.ToLower(strings.TrimSpace(s)), "", ""
	}
	name = strings.ToLower(strings.TrimSpace(s[:end]))
	if s[end] != '=' {
		return name, "", s[end:]
	}
	s = strings.TrimLeft(s[end+1:], " \t")
	if strings.HasPrefix(s, `"`) {
		value, rest = quoted(s[1:])
		return name, value, rest
	}
	if end = strings.IndexAny(s, ";,"); end < 0 {
		end = len(s)
	}
	return name, strings.TrimSpace(s[:end]), s[end:]
}

// quoted reads up to the closing quotation mark. A backslash escapes the next byte.
func quoted(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

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

// attributes returns the attributes that hold links and their descriptions. Of two with one name the first counts.
func attributes(z *html.Tokenizer, more bool) map[string]string {
	out := map[string]string{}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch k := string(key); k {
		case "rel", "href", "type", "title", "property", "name", "content":
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
