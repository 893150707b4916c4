package discover

import "strings"

// Header returns the links of Link headers (RFC 8288). Links about another document than the response, which have an
// anchor, are left out.
func Header(values []string, address string) []Link {
	base := parseBase(address)
	var links []Link
	for _, v := range values {
		for v != "" && len(links) < maxLinks {
			var target string
			var params map[string]string
			if target, params, v = nextLink(v); params == nil {
				break
			}
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

// nextLink reads one link-value off the front of a header. Without one params is nil.
func nextLink(s string) (target string, params map[string]string, rest string) {
	_, s, ok := strings.Cut(s, "<")
	if !ok {
		return "", nil, ""
	}
	target, s, ok = strings.Cut(s, ">")
	if !ok {
		return "", nil, ""
	}
	params = map[string]string{}
	for {
		s = strings.TrimLeft(s, " \t")
		if !strings.HasPrefix(s, ";") {
			break
		}
		var name, value string
		name, value, s = param(s[1:])
		if _, twice := params[name]; !twice { // the first rel counts, section 3.3
			params[name] = value
		}
	}
	_, rest, _ = strings.Cut(s, ",")
	return target, params, rest
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

// quoted reads up to the closing quotation mark; a backslash takes the next byte as it is.
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
