package clean

import (
	"fmt"
	"strings"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

// itemKeys are what an item is known by when it is polled again under another id or address.
func itemKeys(e news.Entry, d *draft) news.ItemKeys {
	return news.ItemKeys{ID: foldID(e.GUID), Address: itemAddress(e.URL), Text: textKey(d)}
}

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
	folded := foldHost(u) + withoutIndex(strings.ToLower(foldPath(path)))
	if query := withoutSession(foldQuery(u.RawQuery, func(string, string) bool { return true })); query != "" {
		folded += "?" + query
	}
	if fragment := foldFragment(u.EscapedFragment()); fragment != "" {
		folded += "#" + fragment
	}
	return folded
}

// withoutIndex is a path without the name of the page that servers show for a folder.
func withoutIndex(path string) string {
	for _, page := range [...]string{"/index.html", "/index.htm"} {
		path = strings.TrimSuffix(path, page)
	}
	return path
}

// sessionParameters are query parameters that are minted for a visit or a request.
var sessionParameters = nameSet("sid", "phpsessid", "jsessionid", "aspsessionid", "sessionid", "session_id", "session", "sess", "s_id", "token",
	"access_token", "auth", "auth_token", "sig", "signature", "hash", "nonce", "expires", "exp", "ts", "timestamp", "t", "time", "_", "rand", "rnd", "random",
	"cb", "cachebuster", "nocache", "cache", "hmac", "key")

func withoutSession(query string) string {
	var keep []string
	for _, kv := range strings.Split(query, "&") {
		name, _, _ := strings.Cut(kv, "=")
		if kv != "" && !sessionParameters[strings.ToLower(name)] {
			keep = append(keep, kv)
		}
	}
	return strings.Join(keep, "&")
}

// textKey is a hash of what the item says besides its title.
func textKey(d *draft) string {
	if !d.body.hasProse() && (d.teaser == nil || !d.teaser.hasProse()) {
		return ""
	}
	return fmt.Sprintf("%016x%016x", d.content, d.extract)
}
