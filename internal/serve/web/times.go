package web

import (
	"fmt"
	"time"

	"headwater/internal/news"
)

// when is a time as pages show it.
type when struct {
	Machine string // RFC 3339, for <time datetime>
	Ago     string // "3 h ago"
	Full    string // "Tue 18 Aug 2026, 12:04 UTC"
}

// at gives the zero when for the zero time.
func at(t, now time.Time) when {
	if t.IsZero() {
		return when{}
	}
	t = t.UTC()
	return when{
		Machine: t.Format(time.RFC3339),
		Ago:     relative(t, now.UTC()),
		Full:    t.Format("Mon 2 Jan 2006, 15:04 UTC"),
	}
}

// timeOf is when an article came out, nothing where nobody knows.
func timeOf(a news.Article, now time.Time) when {
	if a.Undated {
		return when{}
	}
	return at(a.Time(), now)
}

// storyTime is a time of a story, nothing where nobody knows how old any of its articles is.
func storyTime(st news.Story, t, now time.Time) when {
	if st.Undated() {
		return when{}
	}
	return at(t, now)
}

func relative(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case d < -time.Minute:
		return "in " + span(-d)
	case d < time.Minute:
		return "just now"
	case d < 7*24*time.Hour:
		return span(d) + " ago"
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	default:
		return t.Format("2 Jan 2006")
	}
}

func span(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	case d < 48*time.Hour:
		return "1 day"
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}
