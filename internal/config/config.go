// Package config reads Headwater's settings: the built-in config.yaml, a file, HEADWATER_ variables and flags, each of which
// overrides those before. Load returns a checked Config, or all problems at once, each with file, line, key and a valid value.
//
// config.go has the settings as types. load.go reads the four sources and yaml.go the file. setting.go sets one value by its
// key; value.go parses it, check.go has the rule of each key.
//
// config.yaml at the root is the one place where a setting and its default are written. It is embedded, and what the
// embedded copy says is the default, so the commented file and the program cannot disagree; a test fails where a setting is
// missing from it. What an error says to try is checked against the rule of the key before it is said. Settings depend on
// nothing at run time: Load gives plain values.
package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Config is every setting, checked. config.yaml at the root of the repository says what each is for, and holds the
// defaults.
type Config struct {
	// Data is the folder that holds everything stored. Load makes it absolute; it need not exist.
	Data string `yaml:"data"`
	// Database is the address of a PostgreSQL database, which may hold a password; "" is SQLite, in Data.
	Database Secret `yaml:"database"`
	// Roles are what this process does in serve: poll, settle, web. There is at least one.
	Roles []string `yaml:"roles"`
	// Listen is host:port. The host may be empty (every address), the port 0 (any free one).
	Listen string `yaml:"listen"`
	// PublicURL is the address that readers use, without a slash at the end; "" where none is set. See BaseURL.
	PublicURL string `yaml:"public_url"`
	// Hosts are names and addresses, without ports, that the server answers to besides those of Listen and PublicURL.
	Hosts []string `yaml:"hosts"`
	// TrustedProxies are networks of proxies whose X-Forwarded-For or Forwarded is believed.
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies"`
	Access         accessSettings `yaml:"access"`
	// AdminPassword is that of the admin whom a first start creates; "" is a random one.
	AdminPassword Secret `yaml:"admin_password"`
	Title         string `yaml:"title"`
	// Language is the tag of a language that there is a catalogue of, TimeZone the IANA's name of a zone.
	Language string `yaml:"language"`
	TimeZone string `yaml:"timezone"`
	// Keep is how long articles are kept that nobody starred, labelled or corrected; 0 is for ever.
	Keep Age `yaml:"keep"`
	// Lists are names of built-in lists of feeds, and absolute paths of OPML files: whatever holds a "/" or ends in
	// ".opml" is a path. Load does not look whether they exist.
	Lists  []string      `yaml:"lists"`
	Poll   pollSettings  `yaml:"poll"`
	Fetch  fetchSettings `yaml:"fetch"`
	Parse  parseSettings `yaml:"parse"`
	WebSub WebSub        `yaml:"websub"`
	Group  groupSettings `yaml:"group"`
	// Embeddings is off where its Endpoint is "".
	Embeddings embeddingSettings `yaml:"embeddings"`
	Origin     originSettings    `yaml:"origin"`
	Index      indexSettings     `yaml:"index"`
	FullText   fullTextSettings  `yaml:"fulltext"`
	Media      mediaSettings     `yaml:"media"`
	API        apiSettings       `yaml:"api"`
	// SMTP sends no mail where its Host is "".
	SMTP smtpSettings `yaml:"smtp"`
	// Newsletters receives no mail where its Listen is "".
	Newsletters newsletterSettings `yaml:"newsletters"`
	Outlets     []Outlet           `yaml:"outlets"`
	Log         logSettings        `yaml:"log"`
	Secrets     keySettings        `yaml:"secrets"`
	Observe     observeSettings    `yaml:"observe"`
	// Traces is off where its Endpoint is "".
	Traces traceSettings `yaml:"traces"`

	// File is the file that was read, or "" where the defaults alone hold.
	File string `yaml:"-"`
}

// accessSettings says who has to log in.
type accessSettings struct {
	// Login is auto, required or off. Auto asks nobody to log in where only this machine reaches the server.
	Login       string              `yaml:"login"`
	OIDC        oidcSettings        `yaml:"oidc"`
	ProxyHeader proxyHeaderSettings `yaml:"proxy_header"`
}

// oidcSettings is a provider of OpenID Connect. There is none where Issuer is "".
type oidcSettings struct {
	Issuer       string `yaml:"issuer"`
	ClientID     string `yaml:"client_id"`
	ClientSecret Secret `yaml:"client_secret"`
	Title        string `yaml:"title"`
	NameClaim    string `yaml:"name_claim"`
	// Create is nobody, or the role of new accounts.
	Create string `yaml:"create"`
}

// proxyHeaderSettings is the header in which trusted proxies name users. There is none where Name is "".
type proxyHeaderSettings struct {
	Name   string `yaml:"name"`
	Create string `yaml:"create"`
}

// pollSettings says when feeds are read.
type pollSettings struct {
	// Schedule is a spec that cron.ParseStandard takes, that has no TZ= and that fires within five years; to be run in UTC.
	Schedule string `yaml:"schedule"`
	Workers  int    `yaml:"workers"`
	// Interval is the wait between two polls of a feed to begin with; MinInterval <= Interval <= MaxInterval.
	Interval    time.Duration `yaml:"interval"`
	MinInterval time.Duration `yaml:"min_interval"`
	MaxInterval time.Duration `yaml:"max_interval"`
}

// fetchSettings says how documents are requested.
type fetchSettings struct {
	Timeout time.Duration `yaml:"timeout"`
	// MaxBytes is counted after decompression.
	MaxBytes Size `yaml:"max_bytes"`
	// PerHost is how many connections one host gets at once; 0 is no limit, and no pause.
	PerHost int `yaml:"per_host"`
	// Pause is the wait between two requests to one host; 0 is none.
	Pause time.Duration `yaml:"pause"`
	// AllowPrivate lists networks that may be fetched from though they are not public.
	AllowPrivate []netip.Prefix `yaml:"allow_private"`
	// Proxy is an http, https, socks5 or socks5h address that makes every request; "" is none. See ProxyURL.
	Proxy Secret `yaml:"proxy"`
	// UserAgent replaces the program's own; "" keeps it.
	UserAgent string `yaml:"user_agent"`
	// Contact is a mail or web address, or "".
	Contact string `yaml:"contact"`
}

// Rest is the pause that is kept: none where a host may be asked without limit.
func (f fetchSettings) Rest() time.Duration {
	if f.PerHost == 0 {
		return 0
	}
	return f.Pause
}

// ProxyURL is Proxy, taken apart; nil where none is set.
func (f fetchSettings) ProxyURL() *url.URL {
	if u, err := url.Parse(string(f.Proxy)); err == nil && u.Host != "" {
		return u
	}
	return nil
}

// WebSub says whether hubs are asked to push feeds, and which one passes ours on.
type WebSub struct {
	// Enabled does nothing where PublicURL is "" or an address that hubs cannot reach.
	Enabled bool `yaml:"enabled"`
	// Hub is the address of the hub that passes our own feeds on; "" is none.
	Hub string `yaml:"hub"`
}

// parseSettings bounds the parser.
type parseSettings struct {
	Timeout  time.Duration `yaml:"timeout"`
	MaxItems int           `yaml:"max_items"`
	MaxDepth int           `yaml:"max_depth"`
}

// groupSettings says how articles become stories.
type groupSettings struct {
	// Window is how long a story stays open to new articles, measured from its newest one.
	Window time.Duration `yaml:"window"`
}

// embeddingSettings says who is asked whether two articles that grouping is unsure about tell of one event.
type embeddingSettings struct {
	// Endpoint is an http or https address, without a slash at the end, below which /v1/embeddings answers; "" is off.
	Endpoint string `yaml:"endpoint"`
	// Model is the name that the endpoint knows it by. It is set where Endpoint is.
	Model string `yaml:"model"`
	// APIKey is sent as a bearer token; "" sends none.
	APIKey Secret `yaml:"api_key"`
	// Timeout bounds what one settling waits for the endpoint, all its requests together.
	Timeout time.Duration `yaml:"timeout"`
	// Batch is how many texts one request holds.
	Batch int `yaml:"batch"`
	// Threshold is the cosine, 0.01 to 1, from which two articles tell of one event.
	Threshold float64 `yaml:"threshold"`
}

// originSettings says how a story's origin is weighed.
type originSettings struct {
	// FetchSources has the pages read that articles name as their source by a link.
	FetchSources bool `yaml:"fetch_sources"`
}

// indexSettings says how the search index is written.
type indexSettings struct {
	// Batch is how many articles go into one write.
	Batch int `yaml:"batch"`
}

// fullTextSettings says whether the pages of items are read for their text.
type fullTextSettings struct {
	// Mode is auto, always or never, for feeds that have none of their own.
	Mode string `yaml:"mode"`
	// PerHost is how many pages one host is asked for in an hour.
	PerHost int `yaml:"per_host"`
}

// mediaSettings says how pictures, audio and video in articles are shown.
type mediaSettings struct {
	// Images and Players are proxy, direct or hide.
	Images  string `yaml:"images"`
	Players string `yaml:"players"`
	// MaxBytes is the largest picture that is passed on.
	MaxBytes Size `yaml:"max_bytes"`
}

// apiSettings says what the REST API needs a token for: off, write or all.
type apiSettings struct {
	Tokens string `yaml:"tokens"`
}

// smtpSettings is the mail server that alerts are handed to.
type smtpSettings struct {
	// Host is a name or an address; "" sends no mail.
	Host string `yaml:"host"`
	Port int    `yaml:"port"`
	// Username logs in with Password; "" does not log in.
	Username string `yaml:"username"`
	Password Secret `yaml:"password"`
	// From is a mail address, with or without a name. It is set where Host is.
	From string `yaml:"from"`
	// TLS is starttls, tls or none.
	TLS string `yaml:"tls"`
}

// newsletterSettings say how mails for newsletters are received.
type newsletterSettings struct {
	// Listen is lmtp:// or smtp:// and an address of this machine with its port, or unix: and an absolute path; "" receives no mail.
	// See Address.
	Listen string `yaml:"listen"`
	// Domain is that of the newsletters' mail addresses; "" is the host of PublicURL, or localhost. See MailDomain.
	Domain string `yaml:"domain"`
	// MaxBytes is the largest mail that is taken.
	MaxBytes Size `yaml:"max_bytes"`
}

// Address is Listen for package net: its network and address, and whether LMTP is spoken there.
func (n newsletterSettings) Address() (network, address string, lmtp bool) {
	if path, ok := strings.CutPrefix(n.Listen, "unix:"); ok {
		return "unix", path, true
	}
	protocol, address, _ := strings.Cut(n.Listen, "://")
	return "tcp", address, protocol == "lmtp"
}

// MailDomain returns the domain of the newsletters' mail addresses.
func (c Config) MailDomain() string {
	if c.Newsletters.Domain != "" {
		return c.Newsletters.Domain
	}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "localhost"
}

// Outlet adds to the registry of outlets, or mends the entry of that name. Two of one name have domains of their own.
type Outlet struct {
	Name    string   `yaml:"name"`
	Domain  string   `yaml:"domain"`
	Domains []string `yaml:"domains"`
	Aliases []string `yaml:"aliases"`
	Agency  bool     `yaml:"agency"`
	// Namesake says that it is another outlet than the known one of that name.
	Namesake bool `yaml:"namesake"`
}

// AllDomains gives Domain, where there is one, and Domains.
func (o Outlet) AllDomains() []string {
	if o.Domain == "" {
		return o.Domains
	}
	return append([]string{o.Domain}, o.Domains...)
}

// logSettings says what is logged.
type logSettings struct {
	// Level is debug, info, warn or error, as slog.Level.UnmarshalText takes it.
	Level string `yaml:"level"`
	// Format is text or json.
	Format string `yaml:"format"`
}

// keySettings say what the secrets in the database are encrypted with.
type keySettings struct {
	// KeyFile is the absolute path of a file with a key, "" for none.
	KeyFile string `yaml:"key_file"`
}

// traceSettings say where traces of articles go.
type traceSettings struct {
	// Endpoint is an http or https address, without a slash at the end, below which /v1/traces takes OTLP; "" is off.
	Endpoint string `yaml:"endpoint"`
	// Token is sent as a bearer token; "" sends none.
	Token Secret `yaml:"token"`
	// Sample is the share of the traces that are sent, 0.01 to 1.
	Sample float64 `yaml:"sample"`
}

// observeSettings say how a process can be looked into.
type observeSettings struct {
	// PprofSocket is the absolute path of a socket for Go's profiler, "" for none.
	PprofSocket string `yaml:"pprof_socket"`
}

// BaseURL returns the address for links back to us, without a slash at the end: PublicURL, or http:// and the address
// that is listened on, which addr gives where Listen leaves the port open; "" is Listen itself.
func (c Config) BaseURL(addr string) string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	if addr == "" {
		addr = c.Listen
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "http://" + addr
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return fmt.Sprintf("http://%s", net.JoinHostPort(host, port))
}
