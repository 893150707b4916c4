package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"headwater/internal/news"
)

// errRobots means that a site's robots.txt does not allow reading a page.
var errRobots = errors.New("the site's robots.txt does not let us read this page; it is not read")

// The lifetimes of a robots.txt (RFC 9309, section 2.4), and of the result that none is available.
const (
	robotsLife     = 24 * time.Hour
	robotsRetry    = time.Hour
	maxRobots      = 1000      // hosts that are remembered
	robotsBytes    = 500 << 10 // bytes that are read
	robotsReceived = 4 << 20   // bytes; more is an error
)

// robots remembers the robots.txt of hosts. It applies to pages only, since a feed is published to be polled.
type robots struct {
	agent string // the product token of our user agent, in lower case
	get   func(ctx context.Context, address string) ([]byte, error)

	mu    sync.Mutex
	hosts map[string]*robotsEntry // by scheme and host
}

// robotsEntry is the robots.txt of one host.
type robotsEntry struct {
	// lock can be acquired with a context. It holds an element while somebody reads or changes the fields below. It is also
	// held during a fetch, so that the file is fetched once.
	lock  chan struct{}
	until time.Time // zero before the first fetch
	rules robotsRules
	err   error // why nothing may be read
}

func newRobots(userAgent string) *robots {
	return &robots{agent: productToken(userAgent), hosts: map[string]*robotsEntry{}}
}

// allow returns nil if a page may be read. It fetches the host's robots.txt if that is unknown. A host without robots.txt
// allows everything. A host that can't be reached or has a server error allows nothing.
func (r *robots) allow(ctx context.Context, page *url.URL) error {
	e := r.entry(page.Scheme+"://"+page.Host, time.Now())
	select {
	case e.lock <- struct{}{}:
		defer func() { <-e.lock }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if time.Now().After(e.until) {
		if err := r.fetchRules(ctx, page, e); err != nil {
			return err
		}
	}
	switch {
	case e.err != nil:
		return e.err
	case !e.rules.allow(page):
		return fail(news.FeedHTTPError, page, 0, errRobots)
	}
	return nil
}

// fetchRules fetches a host's robots.txt. It only returns an error of ctx.
func (r *robots) fetchRules(ctx context.Context, page *url.URL, e *robotsEntry) error {
	at := url.URL{Scheme: page.Scheme, Host: page.Host, Path: "/robots.txt"}
	body, err := r.get(ctx, at.String())
	if ctx.Err() != nil {
		return err
	}
	now := time.Now()
	e.rules, e.err, e.until = nil, nil, now.Add(robotsLife)
	var failed *Error
	switch {
	case err == nil:
		e.rules = parseRobots(body[:min(len(body), robotsBytes)], r.agent)
	case errors.As(err, &failed) && failed.Status >= 400 && failed.Status < 500 && failed.Status != http.StatusTooManyRequests:
		// There is no robots.txt (RFC 9309, section 2.3.1.3).
	default:
		e.err = fmt.Errorf("reading robots.txt: %w", err)
		e.until = now.Add(robotsRetry)
	}
	return nil
}

// entry returns the entry of a host. It removes others if there are too many.
func (r *robots) entry(host string, now time.Time) *robotsEntry {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.hosts[host]; e != nil {
		return e
	}
	if len(r.hosts) >= maxRobots { // drop expired hosts, and then others until half are left
		for host, e := range r.hosts {
			select {
			case e.lock <- struct{}{}:
				if now.After(e.until) {
					delete(r.hosts, host)
				}
				<-e.lock
			default:
			}
		}
		for host := range r.hosts {
			if len(r.hosts) <= maxRobots/2 {
				break
			}
			delete(r.hosts, host)
		}
	}
	e := &robotsEntry{lock: make(chan struct{}, 1)}
	r.hosts[host] = e
	return e
}

// productToken returns the part of a user agent that robots.txt uses as the program's name: "Headwater/1.0 (+...)" is
// headwater.
func productToken(userAgent string) string {
	end := strings.IndexFunc(userAgent, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-'
	})
	if end >= 0 {
		userAgent = userAgent[:end]
	}
	return strings.ToLower(userAgent)
}

// robotsRules are the rules of a robots.txt that apply to us (RFC 9309, section 2.2).
type robotsRules []robotsRule

type robotsRule struct {
	allow bool
	path  string // as returned by normalizeEscapes; may contain "*" and end with "$"
}

// parseRobots returns the rules of all groups that name our product token, or else those for everybody. Unreadable lines are
// skipped.
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
			if inRules { // a new group begins
				forUs, forAll, inRules = false, false, false
			}
			us := value != "*" && agent != "" && productToken(value) == agent
			forUs, forAll, named = forUs || us, forAll || value == "*", named || us
		case "allow", "disallow":
			inRules = true
			if value == "" {
				continue
			}
			rule := robotsRule{allow: key == "allow", path: normalizeEscapes(value)}
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

// allow applies the longest matching rule. Of two rules of equal length the allowing one wins.
func (rs robotsRules) allow(page *url.URL) bool {
	path := page.EscapedPath()
	if path == "" {
		path = "/"
	}
	if page.RawQuery != "" {
		path += "?" + page.RawQuery
	}
	path = normalizeEscapes(path)
	longest, allowed := -1, true
	for _, r := range rs {
		if n := len(r.path); n < longest || n == longest && !r.allow || !r.matches(path) {
			continue
		}
		longest, allowed = len(r.path), r.allow
	}
	return allowed
}

// matches matches a path. "*" is any run of characters and a final "$" is the end of the path.
func (r robotsRule) matches(path string) bool {
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

// normalizeEscapes escapes a path in one way, so that equivalent paths compare equal. Unreserved characters mean the same
// whether escaped or not (RFC 3986, section 2.3).
func normalizeEscapes(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c, escaped := path[i], false
		if c == '%' && i+2 < len(path) {
			if n, err := strconv.ParseUint(path[i+1:i+3], 16, 8); err == nil {
				c, escaped = byte(n), true
				i += 2
			}
		}
		unreserved := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
		if c >= 0x80 || c <= ' ' || escaped && !unreserved {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
