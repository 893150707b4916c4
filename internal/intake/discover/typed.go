package discover

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"headwater/internal/weburl"
)

// Typed returns the addresses to try, in order, for something that was typed or pasted as the address of a feed or a site. With
// a scheme these are the address itself, and the address with www. added or removed. For a bare host such as example.org/blog,
// https comes before http. For a host that is not a public name, http comes first. Its errors say what to enter instead.
func Typed(typed string) ([]string, error) {
	s := stripSurroundings(typed)
	if s == "" {
		return nil, errors.New("the address is empty; give one such as https://example.org/feed.xml")
	}
	noAddress := fmt.Errorf("%q is no feed address; give one such as https://example.org/feed.xml", typed)
	s = normalizeScheme(s)
	scheme, rest, ok := strings.Cut(s, "://")
	switch {
	case ok && !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https"):
		return nil, noAddress
	case !ok && strings.HasPrefix(s, "//"):
		rest = s[2:]
	case !ok && fediverse.MatchString(s):
		m := fediverse.FindStringSubmatch(s)
		rest = m[2] + "/@" + m[1]
	case !ok && strings.Contains(hostOf(s), "@"):
		return nil, fmt.Errorf("%q is a mail address, not a feed's; give one such as https://example.org/feed.xml", typed)
	case !ok && !isHost(hostOf(s)):
		return nil, noAddress
	case !ok:
		rest = s
	}
	schemes := []string{strings.ToLower(scheme)}
	if !ok {
		schemes = []string{"https", "http"}
		if u, err := url.Parse("http://" + hostOf(rest)); err == nil {
			_, notName := netip.ParseAddr(u.Hostname())
			switch port := u.Port(); {
			case port == "80":
				schemes = []string{"http"}
			case port == "443":
				schemes = []string{"https"}
			case notName == nil, !strings.Contains(u.Hostname(), "."), strings.HasSuffix(strings.ToLower(u.Hostname()), ".local"):
				schemes = []string{"http", "https"}
			}
		}
	}
	if rest == "" {
		return nil, noAddress
	}
	var out []string
	for _, with := range []func(string) string{func(s string) string { return s }, otherWWW} {
		for _, scheme := range schemes {
			if r := with(rest); r != "" {
				out = append(out, Plain(scheme+"://"+r))
			}
		}
	}
	for _, address := range out {
		if u, err := url.Parse(address); err != nil || u.Hostname() == "" || strings.ContainsAny(u.Host, " <>\"") {
			return nil, noAddress
		}
		if err := weburl.CheckLength(address); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// stripSurroundings removes the surroundings of an address in a mail or a page: space, quotation marks, brackets, words before
// it and the full stop after it. It also removes line breaks within the address, which come from line wrapping.
func stripSurroundings(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) {
			return -1
		}
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, s)
	s = trimQuoted(s)
	s = strings.TrimPrefix(s, "URL:") // RFC 3986, appendix C
	if at := addressInText.FindStringIndex(s); at != nil && at[0] > 0 {
		before := s[:at[0]]
		s = s[at[0]:]
		if end := strings.IndexAny(s, " <>\"”»"); end >= 0 {
			s = s[:end]
		}
		if closing := strings.LastIndexByte(s, ')'); closing >= 0 && strings.HasSuffix(strings.TrimRight(before, " "), "(") {
			s = s[:closing]
		}
		s = strings.TrimRight(s, ".,;:!?'’]")
	}
	return strings.TrimSpace(s)
}

// trimQuoted removes quotation marks and angle brackets, but keeps the last one of a pair inside the address, as in ?q="ferry".
func trimQuoted(s string) string {
	const around = " \"'`<>«»“”„‘’‹›"
	for s = strings.TrimLeft(s, around); s != ""; {
		end, size := utf8.DecodeLastRuneInString(s)
		if !strings.ContainsRune(around, end) {
			break
		}
		rest := s[:len(s)-size]
		opening := end
		if i := strings.IndexRune("><»«”“’‘›‹", end); i >= 0 {
			opening, _ = utf8.DecodeRuneInString("><»«”“’‘›‹"[i+size:])
		}
		opened, closed := strings.Count(rest, string(opening)), strings.Count(rest, string(end))
		if end != ' ' && (opening == end && opened%2 == 1 || opening != end && opened > closed) {
			break
		}
		s = rest
	}
	return s
}

var (
	// addressInText matches the beginning of an address after words, or after another scheme as in feed:https://.
	addressInText = regexp.MustCompile(`(?i)\b(?:https?|feed)://`)
	// feedScheme matches the schemes by which programs for feeds and podcasts are opened. The rest is a web address.
	feedScheme = regexp.MustCompile(`(?i)^(?:feed|rss|pcast|podcast|itpc|view-source):(?://)?`)
	oneSlash   = regexp.MustCompile(`(?i)^(https?)(?::/?|//)([^/:])`)
	fediverse  = regexp.MustCompile(`^@([\w.-]+)@([^/@\s]+\.[^/@\s]+)$`)
)

// normalizeScheme removes a feedScheme and repeated schemes. The result has http or https, or no scheme.
func normalizeScheme(s string) string {
	for {
		at := feedScheme.FindStringIndex(s)
		if at == nil {
			break
		}
		rest := s[at[1]:]
		if !strings.Contains(rest, "://") && !strings.HasPrefix(strings.ToLower(s), "view-source:") {
			return "http://" + rest
		}
		s = rest
	}
	for { // https://https://example.org
		first, rest, ok := strings.Cut(s, "://")
		if lower := strings.ToLower(rest); !ok || !strings.EqualFold(first, "http") && !strings.EqualFold(first, "https") || !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
			break
		}
		s = rest
	}
	return oneSlash.ReplaceAllString(s, "$1://$2")
}

// hostOf returns the part before the path of an address without a scheme.
func hostOf(s string) string {
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		return s[:i]
	}
	return s
}

// fileEndings are endings of names that more likely belong to a file than to a host. None of them is a top-level domain.
var fileEndings = []string{".xml", ".rss", ".atom", ".rdf", ".json", ".opml", ".html", ".htm", ".php", ".txt", ".gz"}

// isHost reports whether a name without a scheme may be a host: it has a dot or a port, or is localhost or an address.
func isHost(s string) bool {
	u, err := url.Parse("http://" + s)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return false
	}
	host := u.Hostname()
	for _, r := range host {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".-_:", r) {
			return false
		}
	}
	if dot := strings.LastIndexByte(host, '.'); s == host && dot >= 0 && slices.Contains(fileEndings, strings.ToLower(host[dot:])) {
		return false
	}
	_, err = netip.ParseAddr(host)
	inside := strings.Trim(host, ".")
	return err == nil || strings.EqualFold(host, "localhost") || u.Port() != "" || strings.Contains(inside, ".") && !strings.HasPrefix(host, ".") && !strings.Contains(host, "..")
}

// otherWWW adds www. to an address without a scheme, or removes it if it is there. It returns "" if the host is not a public
// name.
func otherWWW(rest string) string {
	host := hostOf(rest)
	name, _, _ := strings.Cut(host, ":")
	_, notName := netip.ParseAddr(name)
	hasWWW := len(rest) >= 4 && strings.EqualFold(rest[:4], "www.")
	switch {
	case hasWWW && strings.Contains(hostOf(rest[4:]), "."):
		return rest[4:]
	case strings.Contains(host, "@"), notName == nil, !strings.Contains(strings.Trim(name, "."), "."), strings.HasPrefix(host, "["), strings.HasSuffix(name, ".local"):
		return ""
	}
	return "www." + rest
}

// Plain turns an address that was given for a feed into a web address. It removes feed:// and feed:, which some sites write,
// and encodes characters that no address may contain.
func Plain(address string) string {
	address = weburl.Encode(address)
	if len(address) < 5 || !strings.EqualFold(address[:5], "feed:") {
		return address
	}
	if rest := address[5:]; strings.HasPrefix(rest, "//") {
		return weburl.Encode("http:" + rest)
	}
	return weburl.Encode(address[5:])
}

// Key is equal for all addresses of one feed. It ignores http or https, the case of the host, the host's encoding (punycode or
// Unicode), www., the default port, a trailing slash, a fragment and the escaping of the path. It is not an address.
func Key(address string) string {
	u, err := url.Parse(Plain(address))
	if err != nil || u.Host == "" {
		return address
	}
	host := strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."), ".")
	switch port := u.Port(); {
	case port == "", port == "80" && u.Scheme == "http", port == "443" && u.Scheme == "https":
	default:
		host += ":" + port
	}
	key := url.URL{Host: host, Path: strings.TrimRight(u.Path, "/"), RawQuery: percentEscape.ReplaceAllStringFunc(u.RawQuery, strings.ToUpper), User: u.User}
	return key.String()
}

var percentEscape = regexp.MustCompile(`%[0-9a-fA-F]{2}`)

// Variants returns the most common spellings of an address that have the same Key, the address itself first.
func Variants(address string) []string {
	address = Plain(address)
	out := []string{address}
	u, err := url.Parse(Key(address))
	if err != nil || u.Host == "" {
		return out
	}
	for _, scheme := range []string{"https", "http"} {
		for _, www := range []string{"", "www."} {
			for _, slash := range []string{"", "/"} {
				v := url.URL{Scheme: scheme, User: u.User, Host: www + u.Host, Path: u.Path + slash, RawQuery: u.RawQuery}
				if s := v.String(); s != address && Key(s) == Key(address) {
					out = append(out, s)
				}
			}
		}
	}
	return out
}
