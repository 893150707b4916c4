package clean

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"headwater/internal/news"
	"headwater/internal/weburl"
)

// campaignParameters are query parameters that record where a reader came from and select nothing on any site. Parameters that
// begin with "utm_" are treated the same way.
var campaignParameters = nameSet("fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid",
	"li_fat_id", "igshid", "igsh", "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "hsctatracking", "vero_id", "oly_anon_id",
	"oly_enc_id", "wickedid", "ref_src", "ref_url", "refsrc", "referrer", "referer", "emc", "cmpid", "ocid", "smtyp", "smprod",
	"xtor", "spm", "ftag", "sref", "srnd", "leadsource", "soc_src", "soc_trk", "guccounter", "guce_referrer", "guce_referrer_sig",
	"embedded-checkout", "__twitter_impression", "sr_share", "traffic_source", "ito", "regi_id", "wt.mc_id", "wtmc", "wt.z_rss",
	"_ga", "_gl", "echobox",
	"at_medium", "at_campaign", "at_campaign_type", "at_custom1", "at_custom2", "at_custom3", "at_custom4", "at_link_id",
	"at_link_type", "at_link_origin", "at_format", "at_ptr_name", "at_bbc_team", "at_channel", "at_creation", "at_variant",
	"ns_mchannel", "ns_source", "ns_campaign", "ns_linkname", "ns_fee",
	"pk_campaign", "pk_kwd", "pk_keyword", "pk_source", "pk_medium", "pk_content", "pk_cid",
	"mtm_campaign", "mtm_keyword", "mtm_kwd", "mtm_source", "mtm_medium", "mtm_content", "mtm_cid", "mtm_group", "mtm_placement")

// ambiguousParameters are query parameters that record where a reader came from on most sites, and select the article on some.
var ambiguousParameters = nameSet("ref", "mod", "share", "amp", "rss", "partner", "cmp", "cmp_id", "ei", "cvid", "smid", "ncid", "icid", "s_cid",
	"taid", "campaign_id", "instance_id", "segment_id", "feedname", "feedtype", "outputtype")

// CanonicalURL returns a key that is the same for all addresses of one article, or "" if raw is not a web address. The key is
// not for display. Campaign parameters, default ports, mobile and AMP variants and a trailing slash are folded. Parts that may
// select an article stay: an ambiguous parameter unless the path alone identifies the article, and a fragment ("#!/news/3",
// "#v1.2") unless it is a campaign mark or a part that all pages have. The key depends on the address alone, so later polls of
// an item give the same key. Only Cleaner also removes the parameters that select nothing in a whole document
// (findConstantParameters). A stored article keeps its key until it is revised, even if these rules change.
func CanonicalURL(raw string) string { return canonicalURL(raw, nil) }

// PageURL is CanonicalURL without the fragment: the page that a client requests.
func PageURL(raw string) string {
	page, _, _ := strings.Cut(CanonicalURL(raw), "#")
	return page
}

// canonicalURL is CanonicalURL without the ambiguous parameters that are known to select nothing.
func canonicalURL(raw string, idle constantParameters) string {
	u := parseWeb(raw)
	if u == nil {
		return ""
	}
	host := foldHost(u)
	if host == "" || host[0] == ':' { // "http://.:80"
		return ""
	}
	// A path identifies its article without parameters if it ends in the words of a headline or a long number, and is not a
	// script.
	last := strings.TrimRight(u.Path, "/")
	last = strings.TrimSuffix(last[strings.LastIndexByte(last, '/')+1:], ".amp")
	at := strings.LastIndexByte(last, '.')
	named := len(last) >= minNameLength && (at < 0 || !scriptExtensions[strings.ToLower(last[at+1:])]) && weburl.PathNamesArticle(last)
	query := foldQuery(strings.ReplaceAll(strings.TrimSpace(u.RawQuery), " ", "%20"), func(key, value string) bool {
		return named || idle[parameter{host, key}] == value && value != ""
	})
	if query != "" {
		query = "?" + query
	}
	fragment := foldFragment(u.EscapedFragment())
	if fragment != "" {
		fragment = "#" + fragment
	}
	return "https://" + host + foldPath(u.EscapedPath()) + query + fragment
}

// parseWeb parses a web address and takes it out of AMP caches. It returns nil for any other address.
func parseWeb(raw string) *url.URL {
	u, err := weburl.Parse(raw)
	if err != nil || u.Hostname() == "" || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return nil
	}
	for inner := unwrapAMP(u); inner != nil; inner = unwrapAMP(u) {
		u = inner
	}
	return u
}

// minNameLength is the minimum length of a last path part that identifies its article: "v2" and "0" do not.
const minNameLength = 8

// scriptExtensions are the file extensions of programs that show many articles.
var scriptExtensions = nameSet("php", "php3", "php5", "asp", "aspx", "jsp", "do", "cgi", "pl", "cfm", "dll")

func foldHost(u *url.URL) string {
	host := strings.TrimRight(strings.ToLower(u.Hostname()), ".")
	for {
		label, rest, _ := strings.Cut(host, ".")
		if label != "www" && label != "m" && label != "mobile" && label != "amp" || !strings.Contains(rest, ".") {
			break
		}
		host = rest
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		host += ":" + port
	}
	return host
}

func foldPath(path string) string {
	for {
		before := path
		path = strings.TrimRight(path, "/")
		for _, tail := range [...]string{"/amp", ".amp"} {
			path = strings.TrimSuffix(path, tail)
		}
		if rest, ok := strings.CutSuffix(path, ".amp.html"); ok {
			path = rest + ".html"
		}
		if rest, ok := strings.CutPrefix(path, "/amp/"); ok {
			path = "/" + rest
		}
		if path == before {
			return path
		}
	}
}

// foldQuery sorts the parameters. It removes those of campaigns, and the ambiguous ones for which idle is true.
func foldQuery(raw string, idle func(key, value string) bool) string {
	if raw == "" {
		return ""
	}
	var keep []string
	for _, kv := range strings.Split(raw, "&") {
		k, v, _ := strings.Cut(kv, "=")
		k = strings.ToLower(k)
		if kv == "" || campaignParameters[k] || strings.HasPrefix(k, "utm_") || ambiguousParameters[k] && idle(k, v) {
			continue
		}
		keep = append(keep, kv)
	}
	slices.Sort(keep)
	return strings.Join(keep, "&")
}

// commonFragments are fragments that lead to a part that every page of a site has.
var commonFragments = nameSet("comments", "comment", "respond", "disqus_thread", "more", "rss", "feed", "top", "content", "main", "main-content",
	"maincontent", "header", "footer", "page", "start", "article", "story", "body", "intcid", "close", "link", "share")

// foldFragment returns the part of a fragment that may select an article. It removes campaign marks ("xtor=RSS-1", "ref=rss"),
// parts that every page has, and text to highlight.
func foldFragment(raw string) string {
	if route, query, ok := strings.Cut(raw, "?"); ok {
		raw = route
		if query = foldQuery(query, func(string, string) bool { return false }); query != "" {
			return route + "?" + query
		}
	}
	raw = strings.TrimRight(raw, "/")
	lower := strings.ToLower(raw)
	isPart := func(p string) bool { return strings.HasPrefix(lower, p) }
	if strings.Trim(raw, "!/") == "" || commonFragments[lower] || slices.ContainsFunc([]string{":~:", ".", "sthash", "ixzz", "more-"}, isPart) {
		return ""
	}
	for kv := range strings.SplitSeq(lower, "&") {
		k, v, _ := strings.Cut(kv, "=")
		word := strings.Trim(v, "0123456789") != "" // an ambiguous name with a number may select an article
		if !campaignParameters[k] && !strings.HasPrefix(k, "utm_") && !(word && (ambiguousParameters[k] || k == "source" || k == "from")) {
			return raw
		}
	}
	return "" // all of it records where a reader came from
}

// parameter is a query parameter of a site.
type parameter struct{ host, key string }

// constantParameters are the ambiguous parameters that select nothing in a document, with their values there.
type constantParameters map[parameter]string

// minIdleItems is the number of a site's items that is needed to show that a parameter selects nothing.
const minIdleItems = 3

// findConstantParameters returns the ambiguous parameters that select nothing in a document: all items of a site have the same
// value, and the rest of their addresses differs.
func findConstantParameters(entries []news.Entry) constantParameters {
	type site struct {
		items  int
		rest   map[string]bool // addresses without ambiguous parameters
		values map[string]string
		shared map[string]int // items that have the first item's value
	}
	sites := map[string]*site{}
	for _, e := range entries {
		u := parseWeb(e.URL)
		if u == nil {
			continue
		}
		host := foldHost(u)
		s := sites[host]
		if s == nil {
			s = &site{rest: map[string]bool{}, values: map[string]string{}, shared: map[string]int{}}
			sites[host] = s
		}
		s.items++
		s.rest[foldPath(u.EscapedPath())+"?"+foldQuery(u.RawQuery, func(string, string) bool { return true })] = true
		if !strings.ContainsRune(u.RawQuery, '=') {
			continue
		}
		for kv := range strings.SplitSeq(u.RawQuery, "&") {
			k, v, _ := strings.Cut(kv, "=")
			if k = strings.ToLower(k); !ambiguousParameters[k] {
				continue
			}
			if s.items == 1 {
				s.values[k] = v
			}
			if s.values[k] == v {
				s.shared[k]++
			}
		}
	}
	idle := constantParameters{}
	for host, s := range sites {
		for k, v := range s.values {
			if s.items >= minIdleItems && len(s.rest) == s.items && s.shared[k] == s.items {
				idle[parameter{host, k}] = v
			}
		}
	}
	return idle
}

// unwrapAMP takes the publisher's address out of an AMP cache address.
func unwrapAMP(u *url.URL) *url.URL {
	host := strings.ToLower(u.Hostname())
	path := u.EscapedPath()
	switch {
	case strings.HasPrefix(host, "www.google.") && strings.HasPrefix(path, "/amp/"):
		path = strings.TrimPrefix(path, "/amp/")
	case strings.HasSuffix(host, ".cdn.ampproject.org") && len(path) > 3 && path[2] == '/':
		path = path[3:]
	default:
		return nil
	}
	inner, err := url.Parse("https://" + strings.TrimPrefix(path, "s/"))
	if err != nil || !strings.Contains(inner.Hostname(), ".") {
		return nil
	}
	inner.RawQuery = u.RawQuery
	return inner
}

// hostOf returns the host of an address without "www.", or "" if it has none.
func hostOf(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), "www.")
}

// registrableDomain returns the part of a host that is registered: "nytimes.com" of "cooking.nytimes.com".
func registrableDomain(host string) string {
	d, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return d
}

// isLocal reports whether a host is not a name of the public web: an IP address, this machine, a bare name.
func isLocal(host string) bool {
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") || !strings.Contains(host, ".") {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// foldID returns an id without the parts that publishers change although the article is the same: case, and a fragment or
// counter after #. In an address these are also the scheme, "www.", a trailing slash, and campaign and session parameters.
func foldID(id string) string {
	id = strings.TrimSpace(id)
	if address := foldAddress(id); address != "" {
		id = address
	}
	id, _, _ = strings.Cut(id, "#")
	return strings.ToLower(id)
}

// itemAddress returns an address as a key of an item. It is folded like an id but keeps its fragment, which may be the only
// difference between the items of one page. It is "" for a front page, since all kinds of items link to it.
func itemAddress(raw string) string {
	address := foldAddress(raw)
	if weburl.IsFrontPage("https://" + address) {
		return ""
	}
	return address
}

// foldAddress returns the host, path, query and fragment of a web address, each folded, or "" for anything else.
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

// sessionParameters are query parameters that differ from visit to visit or from request to request.
var sessionParameters = nameSet("sid", "phpsessid", "jsessionid", "aspsessionid", "sessionid", "session_id", "session", "sess", "s_id", "token",
	"access_token", "auth", "auth_token", "sig", "signature", "hash", "nonce", "expires", "exp", "ts", "timestamp", "t", "time", "_", "rand", "rnd", "random",
	"cb", "cachebuster", "nocache", "cache", "hmac", "key")
