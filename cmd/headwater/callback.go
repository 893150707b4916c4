package main

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"headwater/internal/config"
	"headwater/internal/intake/fetch"
	"headwater/internal/pipeline"
)

// callbackPath is where hubs push feeds to, below public_url.
const callbackPath = "/websub/"

// callback is the address below which hubs reach us, or "" where they can't, or are not to.
func callback(cfg config.Config) string {
	u, err := url.Parse(cfg.PublicURL)
	if err != nil || !cfg.WebSub.Enabled || !reachable(u.Hostname(), cfg.Fetch.AllowPrivate) {
		return ""
	}
	return cfg.PublicURL + callbackPath
}

// hubOf is the hub that passes our feeds on, none where it could not reach them.
func hubOf(cfg config.Config) pipeline.Hub {
	u, err := url.Parse(cfg.PublicURL)
	if err != nil || cfg.WebSub.Hub == "" || !reachable(u.Hostname(), cfg.Fetch.AllowPrivate) {
		return pipeline.Hub{}
	}
	h := pipeline.Hub{URL: cfg.WebSub.Hub}
	for _, format := range []string{"atom", "rss", "json"} {
		h.Feeds = append(h.Feeds, cfg.PublicURL+"/feeds/all."+format)
	}
	return h
}

// reachable says whether others can reach a host. One in a network that we may fetch from counts: hubs may lie there.
func reachable(host string, allow []netip.Prefix) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		host = "127.0.0.1"
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return fetch.Public(addr, allow)
	}
	for _, end := range []string{".local", ".internal", ".lan", ".home.arpa", ".test", ".invalid"} {
		if strings.HasSuffix(host, end) {
			return false
		}
	}
	return strings.Contains(host, ".")
}

// examineHubs says how many feeds are pushed, where a public_url is set.
func (a *app) examineHubs(ctx context.Context) []finding {
	address := callback(a.cfg)
	switch {
	case a.cfg.PublicURL == "" || !a.cfg.WebSub.Enabled:
		return nil
	case address == "":
		return []finding{{"hubs", true, a.cfg.PublicURL + " (public_url) is an address that no hub reaches, so every feed is polled"}}
	}
	all, live, err := a.store.CountSubscriptions(ctx, time.Now())
	return []finding{result("hubs", err, fmt.Sprintf("reach us at %s; %s with a hub, %d pushed", address, count(all, "feed"), live))}
}
