package fetch

import (
	"net/url"
	"strings"
)

// robotsRules are the lines of a robots.txt that are for us (RFC 9309, section 2.2).
type robotsRules []robotsRule

type robotsRule struct {
	allow bool
	path  string // as escapedAlike makes it, with "*" and a "$" at the end
}

// parseRobots takes the rules of all groups that name our product token, or else those for everybody. A line that can't
// be read is passed over.
func parseRobots(body []byte, agent string) robotsRules {
	var ours, anybody robotsRules
	named, forUs, forAll, inRules := false, false, false, false
	text := strings.TrimPrefix(strings.ReplaceAll(string(body), "\r", "\n"), "\ufeff")
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		switch key {
		case "user-agent":
			if inRules { // another group begins
				forUs, forAll, inRules = false, false, false
			}
			us := value != "*" && agent != "" && productToken(value) == agent
			forUs, forAll, named = forUs || us, forAll || value == "*", named || us
		case "allow", "disallow":
			inRules = true
			if value == "" {
				continue
			}
			rule := robotsRule{allow: key == "allow", path: escapedAlike(value)}
			if forUs {
				ours = append(ours, rule)
			}
			if forAll {
				anybody = append(anybody, rule)
			}
		}
	}
	if named {
		return ours
	}
	return anybody
}

// allow decides by the longest rule that fits, and for allowing where two are as long.
func (rs robotsRules) allow(page *url.URL) bool {
	path := page.EscapedPath()
	if path == "" {
		path = "/"
	}
	if page.RawQuery != "" {
		path += "?" + page.RawQuery
	}
	path = escapedAlike(path)
	longest, allowed := -1, true
	for _, r := range rs {
		if n := len(r.path); n < longest || n == longest && !r.allow || !r.fits(path) {
			continue
		}
		longest, allowed = len(r.path), r.allow
	}
	return allowed
}

// fits matches a path. "*" is any run of characters and a "$" at the end is the end of the path.
func (r robotsRule) fits(path string) bool {
	pattern, ends := strings.CutSuffix(r.path, "$")
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(path, parts[0])
	if !ok {
		return false
	}
	if len(parts) == 1 {
		return !ends || rest == ""
	}
	last := len(parts) - 1
	for _, p := range parts[1:last] {
		_, after, found := strings.Cut(rest, p)
		if !found {
			return false
		}
		rest = after
	}
	if ends {
		return strings.HasSuffix(rest, parts[last])
	}
	return strings.Contains(rest, parts[last])
}

// escapedAlike writes a path so that two ways of escaping one compare equal.
func escapedAlike(path string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		escaped := false
		if c == '%' && i+2 < len(path) && unhex(path[i+1]) >= 0 && unhex(path[i+2]) >= 0 {
			c, escaped = byte(unhex(path[i+1])<<4|unhex(path[i+2])), true
			i += 2
		}
		if c >= 0x80 || c <= ' ' || escaped && !unreserved(c) {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			c = hex[c&15]
		}
		b.WriteByte(c)
	}
	return b.String()
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// unreserved are the characters that mean the same escaped or not (RFC 3986, section 2.3).
func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
