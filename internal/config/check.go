package config

import (
	"cmp"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/robfig/cron/v3"
	"golang.org/x/net/http/httpguts"

	"headwater/internal/locale"
)

// check returns what is wrong with a parsed value of key. Lists are checked value by value.
func check(key string, value any) error {
	switch v := value.(type) {
	case string:
		if words := choices[key]; words != nil {
			return oneOf(v, words)
		}
		if rule := textRules[key]; rule != nil {
			return rule(v)
		}
	case int:
		if limit, ok := numberLimits[key]; ok {
			return within(v, limit.least, limit.most)
		}
	case time.Duration:
		switch key {
		case "poll.interval", "poll.min_interval", "poll.max_interval":
			return within(v, time.Second, 30*24*time.Hour)
		case "fetch.pause":
			return within(v, 0, 10*time.Minute)
		case "group.window":
			return within(v, time.Hour, 30*24*time.Hour)
		}
		return within(v, time.Millisecond, 10*time.Minute)
	case Age:
		if v != 0 {
			return within(v, Age(time.Hour), Age(maxDays*day))
		}
	case Size:
		return within(v, 1e3, 1e9)
	case float64:
		return within(v, .01, 1)
	}
	return nil
}

// choices has the settings that are one of a few words.
var choices = map[string][]string{
	"roles":        {"poll", "settle", "web"},
	"access.login": {"auto", "required", "off"},

	"access.oidc.create":         {"nobody", "reader", "editor", "admin"},
	"access.proxy_header.create": {"nobody", "reader", "editor", "admin"},

	"smtp.tls":      {"starttls", "tls", "none"},
	"log.level":     {"debug", "info", "warn", "error"},
	"log.format":    {"text", "json"},
	"fulltext.mode": {"auto", "always", "never"},
	"api.tokens":    {"off", "write", "all"},
	"media.images":  {"proxy", "direct", "hide"},
	"media.players": {"proxy", "direct", "hide"},
}

// textRules has the other texts that not everything can stand in.
var textRules = map[string]func(string) error{
	"listen": checkListen,
	"hosts":  checkServedHost,

	"access.oidc.issuer":       checkIssuer,
	"access.oidc.client_id":    checkHeader,
	"access.oidc.title":        checkFilled,
	"access.oidc.name_claim":   checkFilled,
	"access.proxy_header.name": checkHeaderName,

	"public_url":          checkPublicURL,
	"websub.hub":          checkPublicURL,
	"embeddings.endpoint": checkBase("/v1/embeddings"),
	"traces.endpoint":     checkBase("/v1/traces"),
	"poll.schedule":       checkSchedule,
	"smtp.host":           checkMailHost,
	"smtp.from":           checkSender,
	"smtp.username":       checkHeader,
	"fetch.user_agent":    checkHeader,
	"fetch.contact":       checkContact,
	"outlets.domain":      checkDomain,
	"outlets.domains":     checkDomain,
	"outlets.name":        checkFilled,
	"outlets.aliases":     checkFilled,
	"title":               checkFilled,
	"language":            checkLanguage,
	"timezone":            checkZone,
	"lists":               checkFilled,

	"observe.pprof_socket": checkAbsolute("/run/headwater/pprof.sock"),
	"secrets.key_file":     checkAbsolute("/etc/headwater/secrets.key"),
	"newsletters.listen":   checkMailListen,
	"newsletters.domain":   checkMailDomain,
}

var numberLimits = map[string]struct{ least, most int }{
	"poll.workers":      {1, 1000},
	"fetch.per_host":    {0, 1000},
	"parse.max_items":   {1, 100_000},
	"parse.max_depth":   {10, 1000}, // a parser that recurses a million elements deep ends the process, and nothing can catch that
	"index.batch":       {1, 10_000},
	"smtp.port":         {1, 65_535},
	"fulltext.per_host": {1, 1000},
	"embeddings.batch":  {1, 1000},
}

// within accepts the values from least to most.
func within[T cmp.Ordered](v, least, most T) error {
	switch {
	case v < least:
		return faultf(show(least), "%s is too small: the least is %s", show(v), show(least))
	case v > most:
		return faultf(show(most), "%s is too large: the most is %s", show(v), show(most))
	}
	return nil
}

func oneOf(text string, words []string) error {
	if slices.Contains(words, text) {
		return nil
	}
	last := len(words) - 1
	try := cmp.Or(nearest(text, words), words[0])
	return faultf(try, "%q is none of %s and %s", text, strings.Join(words[:last], ", "), words[last])
}

// checkIssuer accepts the address of a provider of OpenID Connect: https, or http on this machine.
func checkIssuer(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return faultf("https://login.example.org", "%q is no address of a provider", text)
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); u.Scheme == "https" || u.Scheme == "http" && (host == "localhost" || err == nil && addr.IsLoopback()) {
		return nil
	}
	return faultf("https://"+u.Host+u.Path, "%q is not encrypted", text)
}

// checkHeaderName accepts the name of a header that says who somebody is, and none that HTTP or this program uses otherwise.
func checkHeaderName(text string) error {
	if text == "" {
		return nil
	}
	if !httpguts.ValidHeaderFieldName(text) {
		return faultf("Remote-User", "%q is no name of a header", text)
	}
	if slices.Contains([]string{"authorization", "cookie", "host", "origin", "referer", "user-agent", "forwarded", "x-forwarded-for"}, strings.ToLower(text)) {
		return faultf("Remote-User", "%s says something else than who somebody is", text)
	}
	return nil
}

func checkFilled(text string) error {
	if strings.TrimSpace(text) == "" {
		return faultf("", "%q says nothing", text)
	}
	return nil
}

// checkLanguage accepts the tag of a language that there is a catalogue of.
func checkLanguage(text string) error { return oneOf(text, locale.Tags()) }

// checkZone accepts the name of a time zone.
func checkZone(text string) error {
	if locale.Zone(text) == nil {
		return faultf("Europe/Berlin", "%q is no time zone of the IANA's database", text)
	}
	return nil
}

// checkListen accepts host:port, where host may be empty, a name or an address.
func checkListen(text string) error {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return faultf(likelyListen(text), "%q is not an address and a port", text)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return faultf(net.JoinHostPort(host, "8080"), "%q is not a port from 0 to 65535", port)
	}
	if _, err := netip.ParseAddr(host); host != "" && err != nil && !isHostName(host) {
		return faultf(net.JoinHostPort("127.0.0.1", port), "%q is neither an address nor a host's name", host)
	}
	return nil
}

// likelyListen guesses what an invalid listen address meant: a lone port, a URL, a lone host.
func likelyListen(text string) string {
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		return net.JoinHostPort("127.0.0.1", text)
	}
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "8080"))
	}
	return net.JoinHostPort(strings.Trim(text, "[]"), "8080")
}

// isHostName accepts what DNS takes: letters, digits, hyphens and dots, in labels of at most 63.
func isHostName(host string) bool {
	if host == "" || len(host) > 253 {
		return false
	}
	for _, label := range strings.Split(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label {
			return false
		}
		for _, r := range label {
			if r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				return false
			}
		}
	}
	return true
}

// checkServedHost accepts a name or an address, as Host has it but for the port.
func checkServedHost(text string) error {
	switch addr, err := netip.ParseAddr(text); {
	case err == nil && addr.IsUnspecified():
		return faultf("", "%q is no address that a request names", text)
	case err == nil || isHostName(text):
		return nil
	}
	try := "news.example.org"
	if u, err := url.Parse(text); err == nil && isHostName(u.Hostname()) {
		try = u.Hostname()
	} else if host, _, err := net.SplitHostPort(text); err == nil {
		try = host
	}
	return faultf(try, "%q is not a host's name or address, without a port", text)
}

// checkPublicURL accepts http and https addresses that paths can be added to.
func checkPublicURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.Scheme != "http" && u.Scheme != "https" || !isHost(u):
		return faultf("https://news.example.org", "%q is not a web address", text)
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
		return faultf(bare.String(), "%q has a password, a query or a fragment, which no path can follow", u.Redacted())
	}
	return nil
}

// checkBase accepts what public_url does, without the path, or its begin, that is added to it.
func checkBase(added string) func(string) error {
	parts := strings.Split(added, "/")[1:]
	return func(text string) error {
		bare := strings.TrimRight(text, "/")
		for _, part := range slices.Backward(parts) {
			bare = strings.TrimSuffix(bare, "/"+part)
		}
		if bare != strings.TrimRight(text, "/") {
			return faultf(bare, "%q ends in what is added to it: %s", text, added)
		}
		return checkPublicURL(text)
	}
}

// isProxy accepts the addresses that net/http asks for connections at, and "".
func isProxy(text string) bool {
	if text == "" {
		return true
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	return slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) && isHost(u)
}

func isHost(u *url.URL) bool {
	_, err := netip.ParseAddr(u.Hostname())
	_, portErr := strconv.ParseUint(cmp.Or(u.Port(), "80"), 10, 16)
	return (err == nil || isHostName(u.Hostname())) && portErr == nil
}

// checkHeader accepts what can stand in a header of a request.
func checkHeader(text string) error {
	if !httpguts.ValidHeaderFieldValue(text) || strings.TrimSpace(text) != text {
		return faultf("", "%q can't be sent in a header: write it on one line, without spaces around it", text)
	}
	return nil
}

// checkMailListen accepts lmtp:// or smtp:// and an address of this machine with a port, or unix: and an absolute path. Who may connect
// is not asked for a password, so no other machine may.
func checkMailListen(text string) error {
	if text == "" {
		return nil
	}
	if path, ok := strings.CutPrefix(text, "unix:"); ok {
		if filepath.IsAbs(path) {
			return nil
		}
		return faultf("unix:/run/headwater/lmtp.sock", "%q is not an absolute path", path)
	}
	protocol, address, ok := strings.Cut(text, "://")
	if !ok || protocol != "lmtp" && protocol != "smtp" {
		return faultf("lmtp://127.0.0.1:2424", "%q says neither lmtp:// nor smtp:// nor unix:", text)
	}
	host, port, err := net.SplitHostPort(address)
	if n, numberErr := strconv.ParseUint(port, 10, 16); err != nil || numberErr != nil || n == 0 {
		return faultf(protocol+"://127.0.0.1:2424", "%q has no port from 1 to 65535", text)
	}
	if addr, err := netip.ParseAddr(host); err != nil || !addr.IsLoopback() {
		return faultf(protocol+"://"+net.JoinHostPort("127.0.0.1", port), "%q is no loopback address, and mails are received from this machine only", host)
	}
	return nil
}

// checkMailDomain accepts the domain of a mail address.
func checkMailDomain(text string) error {
	if text == "" || isHostName(text) {
		return nil
	}
	return faultf("news.example.org", "%q is no domain", text)
}

// checkAbsolute accepts an absolute path, such as the example.
func checkAbsolute(example string) func(string) error {
	return func(text string) error {
		if text == "" || filepath.IsAbs(text) {
			return nil
		}
		return faultf(example, "%q is not an absolute path", text)
	}
}

// checkContact accepts a web or a mail address.
func checkContact(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err == nil && (u.Scheme == "http" || u.Scheme == "https") && isHost(u) && checkHeader(text) == nil {
		return nil
	}
	if a, err := mail.ParseAddress(text); err == nil && a.Address == text && checkHeader(text) == nil {
		return nil
	}
	return faultf("news@example.org", "%q is neither a web nor a mail address", text)
}

// checkMailHost accepts a host's name or address, without a port.
func checkMailHost(text string) error {
	if _, err := netip.ParseAddr(text); text == "" || err == nil || isHostName(text) {
		return nil
	}
	try := "mail.example.org"
	if host, _, err := net.SplitHostPort(text); err == nil && isHostName(host) {
		try = host
	}
	return faultf(try, "%q is no host's name; the port has a setting of its own", text)
}

// checkSender accepts a mail address with or without a name.
func checkSender(text string) error {
	if text == "" {
		return nil
	}
	if _, err := mail.ParseAddress(text); err == nil && checkHeader(text) == nil {
		return nil
	}
	return faultf("news@example.org", "%q is not a mail address", text)
}

// checkDomain accepts a domain as outlets have it: no scheme, no path, lower case.
func checkDomain(text string) error {
	if isHostName(text) && strings.Contains(text, ".") && strings.ToLower(text) == text {
		return nil
	}
	try := "example.com"
	if u, err := url.Parse(strings.ToLower(text)); err == nil {
		if host := cmp.Or(u.Hostname(), strings.Trim(u.Path, "/")); isHostName(host) && strings.Contains(host, ".") {
			try = host
		}
	}
	return faultf(try, "%q is not a domain", text)
}

// checkSchedule accepts cron specs that run in UTC.
func checkSchedule(spec string) error {
	if wrong := scheduleFault(spec); wrong != "" {
		return faultf(likelySchedule(spec), "%q %s", spec, wrong)
	}
	return nil
}

// scheduleFault describes what is wrong with a cron spec; "" is nothing. cron.ParseStandard must accept it, it must name no
// time zone (some of those make ParseStandard panic), and it must fire within five years.
func scheduleFault(spec string) string {
	if namesZone(spec) {
		return "names a time zone, and schedules run in UTC"
	}
	schedule, err := cron.ParseStandard(spec)
	if err != nil {
		return "is not a cron spec"
	}
	if every, ok := strings.CutPrefix(spec, "@every "); ok {
		// cron.Every raises anything shorter, and negative durations, to a second.
		if d, err := time.ParseDuration(every); err != nil || d < time.Second {
			return "is shorter than a second"
		}
	}
	// From a fixed day, so that a spec stays valid. 2024 has a 29 February; Next gives up after five years.
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	if next := schedule.Next(start); next.IsZero() || next.After(start.AddDate(5, 0, 0)) {
		return "never fires"
	}
	return ""
}

func namesZone(spec string) bool { return strings.Contains(strings.ToUpper(spec), "TZ=") }

// looseInterval matches an interval in words: "every 5m", "5 minutes", "each 2 hours".
var looseInterval = regexp.MustCompile(`(?i)^@?(?:every|each)?\s*([1-9]\d{0,3})\s*(s|m|h)(?:ec|econd|in|inute|our)?s?$`)

// likelySchedule guesses what an invalid spec meant. Its result is always valid.
func likelySchedule(spec string) string {
	spec = strings.TrimSpace(spec)
	if zone, rest, ok := strings.Cut(spec, " "); ok && namesZone(zone) {
		spec = strings.TrimSpace(rest)
	}
	guesses := []string{spec, "@" + strings.TrimLeft(strings.ToLower(spec), "@")}
	if m := looseInterval.FindStringSubmatch(spec); m != nil {
		guesses = append(guesses, "@every "+m[1]+strings.ToLower(m[2]))
	}
	if fields := strings.Fields(spec); len(fields) == 6 { // with seconds, or with a year
		guesses = append(guesses, strings.Join(fields[1:], " "), strings.Join(fields[:5], " "))
	}
	for _, guess := range guesses {
		if scheduleFault(guess) == "" {
			return guess
		}
	}
	return "@every 1m"
}
