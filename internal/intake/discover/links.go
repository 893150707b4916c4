package discover

import (
	"net/url"
	"slices"
	"strings"

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
