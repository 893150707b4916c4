package web

import (
	"time"

	"headwater/internal/news"
	"headwater/internal/serve/view"
)

const maxTelling = 3 // changed figures that stand beside a report

// versionView is one version of a running report.
type versionView struct {
	Title, Lang string
	Page        string
	Out         outLink
	Time        when
	Again       []listingView
	Changed     *changesView // nil for the first
}

// listingView is the same version, listed again.
type listingView struct {
	Title, Page string
	Time        when
}

// changesView is what a version tells otherwise than the one before it.
type changesView struct {
	Before, After  []view.Piece // the headlines, words that only one of them has marked; nil where they are the same
	Figures        []news.FigureChange
	Adds, Drops    string // "3 sentences"; empty where there are none
	Added, Dropped []string
}

// reportOf shows an outlet's newest version, with those that it replaced.
func reportOf(st news.Story, r news.Report, now time.Time) memberView {
	m := r.Newest()
	if m.Role = r.Role(); m.Role == news.RoleOriginal {
		m.Carries = 0
	}
	v := memberOf(st, m, now)
	v.Again = listingsOf(r.Versions[0].Again, now)
	if len(r.Versions) == 1 {
		return v
	}
	v.Earlier = plural(len(r.Versions)-1, "earlier version")
	if c := r.Versions[0].Changed; c != nil {
		v.Figures = c.Figures[:min(len(c.Figures), maxTelling)]
	}
	for _, x := range r.Versions {
		a := x.Member.Article
		v.Versions = append(v.Versions, versionView{
			Title: articleTitle(a), Lang: a.Lang, Page: articlePath(a.ID), Out: outTo(a.URL), Time: timeOf(a, now),
			Again: listingsOf(x.Again, now), Changed: changesOf(x.Changed),
		})
	}
	v.Versions[0].Again = nil // they stand above
	return v
}

func listingsOf(members []news.Member, now time.Time) []listingView {
	var all []listingView
	for _, m := range members {
		a := m.Article
		all = append(all, listingView{Title: articleTitle(a), Page: articlePath(a.ID), Time: timeOf(a, now)})
	}
	return all
}

// changesOf gives nil where there is nothing to show.
func changesOf(c *news.Changes) *changesView {
	if c == nil || c.Headline == nil && len(c.Figures)+c.Adds+c.Drops == 0 {
		return nil
	}
	v := &changesView{Figures: c.Figures, Added: c.Added, Dropped: c.Dropped}
	if h := c.Headline; h != nil {
		v.Before, v.After = view.Pieces(h.Before, h.Dropped), view.Pieces(h.After, h.Added)
	}
	if c.Adds > 0 {
		v.Adds = plural(c.Adds, "sentence")
	}
	if c.Drops > 0 {
		v.Drops = plural(c.Drops, "sentence")
	}
	return v
}
