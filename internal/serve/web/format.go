package web

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

// timestamp is a time as pages show it. The zero value is an unknown time and is not shown.
type timestamp struct {
	Machine string // RFC 3339, for <time datetime>
	Ago     string // "3 h ago"
	Full    string // "Tue 18 Aug 2026, 12:04 UTC"
}

// timestampOf gives the zero timestamp for the zero time.
func timestampOf(t, now time.Time) timestamp {
	if t.IsZero() {
		return timestamp{}
	}
	t = t.UTC()
	return timestamp{
		Machine: t.Format(time.RFC3339),
		Ago:     relative(t, now.UTC()),
		Full:    t.Format("Mon 2 Jan 2006, 15:04 UTC"),
	}
}

// articleTime is when an article came out, the zero timestamp where that is unknown.
func articleTime(a news.Article, now time.Time) timestamp {
	if a.Undated {
		return timestamp{}
	}
	return timestampOf(a.Time(), now)
}

// storyTime shows t, a time of the story, or the zero timestamp where none of its articles has a date.
func storyTime(st news.Story, t, now time.Time) timestamp {
	if st.Undated() {
		return timestamp{}
	}
	return timestampOf(t, now)
}

func relative(t, now time.Time) string {
	age := now.Sub(t)
	span := fmt.Sprintf("%d days", int(age.Abs().Hours()/24))
	switch d := age.Abs(); {
	case d < time.Hour:
		span = fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		span = fmt.Sprintf("%d h", int(d.Hours()))
	case d < 48*time.Hour:
		span = "1 day"
	}
	switch {
	case age < -time.Minute:
		return "in " + span
	case age < time.Minute:
		return "just now"
	case age < 7*24*time.Hour:
		return span + " ago"
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	default:
		return t.Format("2 Jan 2006")
	}
}

func percent(share float64) int {
	return int(math.Round(100 * min(max(share, 0), 1)))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// sizeText is a size as people say it.
func sizeText(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%d kB", (n+500)/1000)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// durationText is a duration as players show it: 62:03 is 1:02:03.
func durationText(d time.Duration) string {
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, s)
	}
	return fmt.Sprintf("%d:%02d", m, s)
}

// outLink is a link to another site.
type outLink struct {
	URL, Host string
}

// outTo gives a link that leaves the site, or none where the address is not one of the web.
func outTo(address string) outLink {
	u, err := url.Parse(publish.Absolute(address))
	if err != nil || u.Host == "" {
		return outLink{}
	}
	host := u.Hostname()
	if len(host) > len("www.") {
		host = strings.TrimPrefix(host, "www.")
	}
	return outLink{URL: u.String(), Host: host}
}

func storyPath(id int64) string { return "/story/" + strconv.FormatInt(id, 10) }

func articlePath(id int64) string { return "/article/" + strconv.FormatInt(id, 10) }
