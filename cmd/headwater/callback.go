package main

import (
	"net/netip"
	"net/url"
	"strings"

	"headwater/internal/config"
	"headwater/internal/intake/fetch"
	"headwater/internal/news"
	"headwater/internal/notify"
	"headwater/internal/serve/view"
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
func hubOf(cfg config.Config) *notify.Publisher {
	u, err := url.Parse(cfg.PublicURL)
	if err != nil || cfg.WebSub.Hub == "" || !reachable(u.Hostname(), cfg.Fetch.AllowPrivate) {
		return &notify.Publisher{}
	}
	h := &notify.Publisher{Hub: cfg.WebSub.Hub}
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

// alertSender sends through the one client, as everything does.
func alertSender(cfg config.Config, client *fetch.Client) *notify.Sender {
	m := cfg.SMTP
	return notify.NewSender(notify.SenderOptions{
		Post: client.Post, Dial: client.Dial, DialTLS: client.DialTLS,
		Story: func(s news.Story) any { return view.StoryOf(s) },
		Pages: cfg.BaseURL(""), Title: cfg.Title,
		Mail: notify.Mail{Host: m.Host, Port: m.Port, Username: m.Username, Password: string(m.Password), From: m.From, TLS: m.TLS},
	})
}
