package clean

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"headwater/internal/weburl"
)

// tracking are query parameters that say where a reader came from, not what is read.
var tracking = nameSet("fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid",
	"li_fat_id", "igshid", "igsh", "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "hsctatracking", "vero_id", "oly_anon_id",
	"oly_enc_id", "wickedid", "ref", "ref_src", "ref_url", "refsrc", "referrer", "referer", "rss", "emc", "partner",
	"cmp", "cmpid", "cmp_id", "ncid", "ocid", "icid", "smid", "smtyp", "smprod", "xtor", "spm", "ftag", "mod", "sref", "srnd",
	"leadsource", "soc_src", "soc_trk", "guccounter", "guce_referrer", "guce_referrer_sig", "embedded-checkout",
	"__twitter_impression", "sr_share", "taid", "traffic_source", "feedtype", "feedname", "outputtype", "amp", "share",
	"ito", "cvid", "ei", "campaign_id", "instance_id", "segment_id", "regi_id", "s_cid", "wt.mc_id", "wtmc", "wt.z_rss", "_ga", "_gl")

// CanonicalURL is an address as a key: two addresses of one page give the same. It is not for show. Parameters that
// track, fragments, default ports, mobile and AMP variants and a trailing slash are folded; "" where there is no web
// address.
func CanonicalURL(raw string) string {
	u, err := weburl.Parse(raw)
	if err != nil || u.Hostname() == "" || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return ""
	}
	for inner := unwrapAMP(u); inner != nil; inner = unwrapAMP(u) {
		u = inner
	}
	host := foldHost(u)
	if host == "" || host[0] == ':' { // "http://.:80"
		return ""
	}
	path := foldPath(u.EscapedPath())
	query := foldQuery(strings.ReplaceAll(strings.TrimSpace(u.RawQuery), " ", "%20"))
	if query != "" {
		query = "?" + query
	}
	return "https://" + host + path + query
}

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

func foldQuery(raw string) string {
	if raw == "" {
		return ""
	}
	var keep []string
	for _, kv := range strings.Split(raw, "&") {
		k, _, _ := strings.Cut(kv, "=")
		k = strings.ToLower(k)
		if kv == "" || tracking[k] || strings.HasPrefix(k, "utm_") || strings.HasPrefix(k, "at_") ||
			strings.HasPrefix(k, "ns_") || strings.HasPrefix(k, "pk_") || strings.HasPrefix(k, "mtm_") {
			continue
		}
		keep = append(keep, kv)
	}
	slices.Sort(keep)
	return strings.Join(keep, "&")
}

// unwrapAMP takes the publisher's address out of those of AMP caches.
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

// hostOf is the host of an address without "www.", or "" where it has none.
func hostOf(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), "www.")
}

// registrable is the part of a host that somebody registered: "nytimes.com" of "cooking.nytimes.com".
func registrable(host string) string {
	d, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return d
}

// isLocal says whether a host is no name of the public web: an IP address, this machine, a bare name.
func isLocal(host string) bool {
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") || !strings.Contains(host, ".") {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// servesFeeds says whether a host's name says that it serves feeds, and so that it is no site.
func servesFeeds(host string) bool {
	return strings.HasPrefix(host, "feeds.") || strings.HasPrefix(host, "rss.")
}
