package weburl

import (
	"net/url"
	"slices"
	"strings"
)

// NewsletterScheme begins the address of a feed that mails bring: newsletter:LOCAL, where LOCAL@ and a domain is a mail address.
const NewsletterScheme = "newsletter:"

// hidden replaces what Shown leaves out, as url.URL.Redacted has it.
const hidden = "xxxxx"

// A parameter of a query is secret if its name, without signs and in lower case, is one of secretNames or ends with one of secretEnds.
var (
	secretNames = []string{"pass", "pw", "pwd", "sig", "sid"}
	secretEnds  = []string{"token", "secret", "key", "auth", "password", "passwd", "signature", "hash", "credential"}
)

// Shown returns an address without what lets its holder in: the password before the host, and secret parameters of the query; of a
// newsletter, the local part of its mail address. It is for people who may know that the address is used, but not use it themselves.
// An address that can't be parsed is shown up to its query.
func Shown(address string) string {
	if strings.HasPrefix(address, NewsletterScheme) {
		return NewsletterScheme + hidden
	}
	u, err := url.Parse(address)
	if err != nil {
		before, _, cut := strings.Cut(address, "?")
		if _, after, userinfo := strings.Cut(before, "@"); userinfo {
			before = hidden + "@" + after
		}
		if cut {
			before += "?" + hidden
		}
		return before
	}
	parts := strings.Split(u.RawQuery, "&")
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		if value != "" && isSecret(name) {
			parts[i] = name + "=" + hidden
		}
	}
	u.RawQuery = strings.Join(parts, "&")
	return u.Redacted()
}

func isSecret(parameter string) bool {
	if plain, err := url.QueryUnescape(parameter); err == nil {
		parameter = plain
	}
	name := strings.NewReplacer("-", "", "_", "", ".", "", "[", "", "]", "").Replace(strings.ToLower(parameter))
	return slices.Contains(secretNames, name) || slices.ContainsFunc(secretEnds, func(end string) bool { return strings.HasSuffix(name, end) })
}
