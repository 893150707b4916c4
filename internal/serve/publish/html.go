package publish

import (
	_ "embed" // for entry.html
	"fmt"
	"html/template"
	"strings"

	"headwater/internal/news"
)

//go:embed entry.html
var entryHTML string

var entry = template.Must(template.New("entry").Parse(entryHTML))

// HTML is the item's content: its body or else a summary, who wrote it and the other versions. It holds no time and no score, so that it
// changes only when the story does.
func (it Item) HTML() (string, error) {
	var b strings.Builder
	if err := entry.Execute(&b, it.tidy()); err != nil {
		return "", fmt.Errorf("content of entry %s: %w", it.ID, err)
	}
	return strings.TrimSpace(b.String()), nil
}

// Leads says that the item leads to the origin's own article, and not to a member that names it or to our page.
func (it Item) Leads() bool {
	if it.URL == "" || it.URL == it.Page {
		return false
	}
	for _, l := range it.Members {
		if l.URL == it.URL {
			return false
		}
	}
	return true
}

// Label is the role as readers see it.
func (l Link) Label() string {
	switch l.Role {
	case news.RoleCopy:
		return "Copy"
	case news.RoleRewrite:
		return "Rewrite"
	case news.RoleExcerpt:
		return "Excerpt"
	default:
		return "Original"
	}
}

// label is the title of a link to a version, for formats whose links carry one.
func (l Link) label() string {
	s := l.Label()
	if l.Outlet != "" {
		s += " by " + l.Outlet
	}
	if l.Title != "" {
		s += ": " + l.Title
	}
	return s
}
