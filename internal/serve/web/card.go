package web

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/publish"
)

const (
	maxDek   = 260 // characters of summary on a card
	maxNames = 3   // outlets named for a role before "+n more"
	maxDots  = 24
)

// card is a story as lists show it.
type card struct {
	Title, Lang string
	Page        string
	By          credit
	Out         outLink
	Dek         string
	Versions    []versions
	Dots        []dot
	Time        when
	Coverage    []headline // other stories of the same event
	More        int        // those not in Coverage
}

// credit says who wrote a story and how sure that is.
type credit struct {
	Name    string
	Level   string
	Class   string // for the badge: "original", "likely" or "earliest"
	Named   bool   // no feed of ours carries the outlet's own article
	Absence string // says so where Named
	Aged    bool   // Named, as the article that there was has been aged out
}

// outLink leads to an outlet's own site.
type outLink struct {
	URL, Host string
}

// versions are the reports of one role.
type versions struct {
	Role  string
	Label string // "3 copies"
	Names []string
	More  int
}

// dot stands for one report in a card's row of dots.
type dot struct {
	X    int // centre
	Role string
}

// headline is another story, in one line.
type headline struct {
	Title, Lang, Page, Outlet string
	Time                      when
}

func storyPath(id int64) string { return "/story/" + strconv.FormatInt(id, 10) }

func articlePath(id int64) string { return "/article/" + strconv.FormatInt(id, 10) }

func cardOf(st news.Story, now time.Time) card {
	lead := st.Current().Article
	c := card{
		Title:    titleOf(st),
		Lang:     lead.Lang,
		Page:     storyPath(st.ID),
		By:       creditOf(st),
		Out:      outTo(st.Link()),
		Versions: versionsOf(st),
		Dots:     dotsOf(st),
		Time:     storyTime(st, st.Latest, now),
	}
	if dek := publish.Line(lead.Summary); dek != c.Title {
		c.Dek = publish.Cut(dek, maxDek)
	}
	return c
}

func titleOf(st news.Story) string {
	return cmp.Or(publish.Line(st.Headline()), "Untitled")
}

// articleTitle is an article's headline as pages show it.
func articleTitle(a news.Article) string { return cmp.Or(publish.Line(a.Headline()), "Untitled") }

func headlineOf(st news.Story, now time.Time) headline {
	return headline{
		Title: titleOf(st), Lang: st.Current().Article.Lang, Page: storyPath(st.ID),
		Outlet: publish.Name(publish.Author(st)), Time: storyTime(st, st.Latest, now),
	}
}

func creditOf(st news.Story) credit {
	c := credit{
		Name:  publish.Name(publish.Author(st)),
		Level: cmp.Or(st.Origin.Level, news.LevelEarliest),
		Class: "earliest",
		Named: st.Origin.Named() && st.Origin.Key() != "", Absence: st.Origin.Absence(), Aged: st.Origin.Aged,
	}
	switch c.Level {
	case news.LevelOriginal:
		c.Class = "original"
	case news.LevelLikely:
		c.Class = "likely"
	}
	return c
}

// outTo gives a link that leaves the site, or none where the address is not one of the web.
func outTo(address string) outLink {
	u, err := url.Parse(publish.Absolute(address))
	if err != nil || u.Host == "" {
		return outLink{}
	}
	return outLink{URL: u.String(), Host: hostOf(u)}
}

func hostOf(u *url.URL) string {
	host := u.Hostname()
	if len(host) > 4 && host[:4] == "www." {
		return host[4:]
	}
	return host
}

// derived are the roles other than the original, in the order shown.
var derived = []struct {
	role      news.Role
	one, many string
}{
	{news.RoleCopy, "copy", "copies"},
	{news.RoleRewrite, "rewrite", "rewrites"},
	{news.RoleExcerpt, "excerpt", "excerpts"},
}

func versionsOf(st news.Story) []versions {
	var all []versions
	reports := st.Reports()
	counts := make(map[news.Role]int, len(derived))
	for _, r := range reports {
		counts[r.Role()]++
	}
	for _, d := range derived {
		n := counts[d.role]
		if n == 0 {
			continue
		}
		v := versions{Role: string(d.role), Label: fmt.Sprintf("%d %s", n, d.many)}
		if n == 1 {
			v.Label = "1 " + d.one
		}
		v.Names, v.More = namesOf(reports, d.role)
		all = append(all, v)
	}
	return all
}

// namesOf names the outlets of a role once each, and counts those that are left out.
func namesOf(reports []news.Report, role news.Role) (names []string, more int) {
	seen := map[string]bool{}
	for _, r := range reports {
		outlet := r.Newest().Article.Outlet
		if r.Role() != role || seen[outlet.Key()] {
			continue
		}
		seen[outlet.Key()] = true
		if len(names) < maxNames {
			names = append(names, publish.Name(outlet))
		} else {
			more++
		}
	}
	return names, more
}

// dotsOf draws a report a dot, the first of which is larger: the origin, hollow where it is only named.
func dotsOf(st news.Story) []dot {
	dots := []dot{{X: 6, Role: "source"}}
	if creditOf(st).Named {
		dots[0].Role = "unseen"
	}
	for _, r := range st.Reports() {
		if len(dots) == maxDots {
			break
		}
		if role := r.Role(); role != news.RoleOriginal {
			dots = append(dots, dot{X: 9 + 10*len(dots), Role: string(role)})
		}
	}
	return dots
}
