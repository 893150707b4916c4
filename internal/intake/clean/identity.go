package clean

import (
	"strings"

	"headwater/internal/weburl"
)

// foldID is an id without what publishers change while the article stays: case, a fragment or counter behind #, and where
// it is an address also its scheme, "www.", the slash at its end, marks of campaigns and of sessions.
func foldID(id string) string {
	id = strings.TrimSpace(id)
	if address := foldAddress(id); address != "" {
		id = address
	}
	id, _, _ = strings.Cut(id, "#")
	return strings.ToLower(id)
}

// itemAddress is an address as an item is known by it: folded as an id is, but with its fragment, which may be all that
// tells the items of one page apart. It is "" for a front page, to which items of all kinds link.
func itemAddress(raw string) string {
	address := foldAddress(raw)
	if weburl.IsFrontPage("https://" + address) {
		return ""
	}
	return address
}

// foldAddress returns host, path, query and fragment of a web address, each folded, or "" for anything else.
func foldAddress(raw string) string {
	u := parseWeb(raw)
	if u == nil {
		return ""
	}
	path, _, _ := strings.Cut(u.EscapedPath(), ";jsessionid=")
	path = strings.ToLower(foldPath(path))
	path = strings.TrimSuffix(strings.TrimSuffix(path, "/index.html"), "/index.htm")
	folded := foldHost(u) + path
	var keep []string
	for kv := range strings.SplitSeq(foldQuery(u.RawQuery, func(string, string) bool { return true }), "&") {
		name, _, _ := strings.Cut(kv, "=")
		if kv != "" && !sessionParameters[strings.ToLower(name)] {
			keep = append(keep, kv)
		}
	}
	if len(keep) > 0 {
		folded += "?" + strings.Join(keep, "&")
	}
	if fragment := foldFragment(u.EscapedFragment()); fragment != "" {
		folded += "#" + fragment
	}
	return folded
}

// sessionParameters are query parameters that are minted for a visit or a request.
var sessionParameters = nameSet("sid", "phpsessid", "jsessionid", "aspsessionid", "sessionid", "session_id", "session", "sess", "s_id", "token",
	"access_token", "auth", "auth_token", "sig", "signature", "hash", "nonce", "expires", "exp", "ts", "timestamp", "t", "time", "_", "rand", "rnd", "random",
	"cb", "cachebuster", "nocache", "cache", "hmac", "key")
